"""The checks of the settings that protect a stage's data."""

from __future__ import annotations

import re
from collections.abc import Iterator

_KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+")


def problems_with_protection(own_key: object, *, deletion_protection: object, keep_logs: object) -> list[str]:
    """Return the problems of `own_key`, `deletion_protection` and `keep_logs`."""
    return [
        *_key(own_key),
        *_switch("deletion_protection", deletion_protection),
        *_switch("keep_logs", keep_logs),
    ]


def _key(own_key: object) -> Iterator[str]:
    if isinstance(own_key, bool) or (isinstance(own_key, str) and _KEY_ARN.fullmatch(own_key)):
        return
    yield (
        f"own_key: it is {own_key!r}; write True to have a key made, or the ARN of one, such as"
        " 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'"
    )


def _switch(name: str, value: object) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{name}: it is {value!r}; write True or False"
