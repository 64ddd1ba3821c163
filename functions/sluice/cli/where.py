"""`--where`: a JMESPath expression that a trace has to fulfil."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click
import jmespath
from jmespath.exceptions import JMESPathError

from ..traces import Trace

Condition = Callable[[Trace], bool]

HELP = (
    "only those for whose trace, as --json prints it, this JMESPath expression is true, such as"
    " \"event.order == 'A-4711'\". Numbers stand in backticks."
)
"""The rest of a sentence that the option's help begins."""


def parse_where(text: str | None) -> Condition | None:
    """Return the condition in the option's value; None without one.

    Raises:
        click.UsageError: it is no JMESPath expression.
    """
    if text is None:
        return None
    try:
        expression = jmespath.compile(text)
    except JMESPathError as error:
        reason = " ".join(str(error).split())
        raise click.UsageError(
            f"--where {text}: {reason}; write a JMESPath expression such as \"event.order == 'A-4711'\" or"
            " 'duration_ms > `500`'"
        ) from error

    def holds(trace: Trace) -> bool:
        try:
            found = expression.search(json.loads(trace.to_json()))
        except (JMESPathError, RecursionError, ValueError):
            # Events differ: a function that this one's values do not suit is not true of it.
            return False
        return _is_true(found)

    return holds


def _is_true(value: Any) -> bool:
    """Return True for all but JMESPath's false values: null, false, and what is empty. Zero is true."""
    return value not in ("", [], {}) and value is not None and value is not False
