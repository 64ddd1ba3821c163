"""The failures at which a handler pauses itself: a setting, an environment variable and a tag.

Depends on nothing, so that the CDK code, the worker and the reconciler can all use it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LIMIT_TAG = "sluice:pause-on-failures"
"""The tag of the function of a handler that pauses itself. The reconciler doesn't know app.py."""

MAX_COUNT = 10_000
MIN_SECONDS = 10
MAX_SECONDS = 86_400

_SECONDS = {"s": 1, "m": 60, "h": 3_600}


class FailureLimit(NamedTuple):
    """A number of failures within a time.

    Attributes:
        failures: the number.
        seconds: the time.
    """

    failures: int
    seconds: int

    def to_text(self) -> str:
        """Return it as the variable and the tag have it."""
        return f"{self.failures}/{self.seconds}"

    def in_words(self) -> str:
        """Return it as a reason."""
        unit, many = ("minutes", self.seconds // 60) if self.seconds % 60 == 0 else ("seconds", self.seconds)
        return f"{self.failures} failures in {many} {unit}"


def limit_from_text(text: str) -> FailureLimit | None:
    """Return the limit in a variable or a tag; None if it has none, as anybody may set a tag to anything."""
    found = re.fullmatch(r"([1-9]\d{0,4})/([1-9]\d{0,4})", text)
    return FailureLimit(int(found[1]), int(found[2])) if found else None


def limit_from_setting(value: object) -> FailureLimit | None:
    """Return the limit in a setting such as `(20, "5m")`; None if the setting is no such thing."""
    if not isinstance(value, tuple) or len(value) != 2:  # noqa: PLR2004 - a pair
        return None
    count, window = value
    found = re.fullmatch(r"([1-9]\d{0,4})([smh])", window) if isinstance(window, str) else None
    # By type, because isinstance takes True for an int.
    if type(count) is not int or not 1 <= count <= MAX_COUNT or found is None:
        return None
    seconds = int(found[1]) * _SECONDS[found[2]]
    return FailureLimit(count, seconds) if MIN_SECONDS <= seconds <= MAX_SECONDS else None
