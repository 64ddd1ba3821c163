"""Schedules described in words."""

from __future__ import annotations

from cron_descriptor import (  # type: ignore[import-untyped]  # it has no types
    FormatError,
    MissingFieldError,
    Options,
    WrongArgumentError,
    get_description,
)

from ..schedules.expression import cron_of


def in_words(expression: str, *, fortnightly: bool = False) -> str:
    """Describe a schedule's expression, or return it as it is if it cannot be described.

    Args:
        expression: such as `cron(0 3 ? * MON-FRI *)`.
        fortnightly: whether the cron runs in every second week only.
    """
    cron = cron_of(expression)
    if cron is None:
        return expression
    options = Options()
    options.day_of_week_start_index_zero = False
    options.use_24hour_time_format = True
    options.verbose = True
    try:
        # cron_descriptor's expressions begin with the seconds.
        text = str(get_description(f"0 {cron}", options))
    except (FormatError, MissingFieldError, WrongArgumentError, ValueError):
        return expression
    text = text.replace(", every hour", "")
    if text.startswith("Every "):
        text = text.removesuffix(", every day")
    return f"{text}, every second week" if fortnightly else text
