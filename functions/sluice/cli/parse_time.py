"""Moments on the command line: read from options, and printed in UTC."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import click

_AGO = re.compile(r"(\d{1,9})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_moment(option: str, text: str, *, or_else: str = "") -> datetime:
    """Return the moment in an option's value.

    Args:
        option: the option, for the error.
        text: its value.
        or_else: other forms that the option accepts, for the error.

    Raises:
        click.UsageError: the value is not ISO 8601, or has no time zone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"{option} {text}: give {or_else}a moment such as 2030-01-31T09:00:00+01:00") from error
    if moment.utcoffset() is None:
        written = moment.isoformat()
        raise click.UsageError(f"{option} {text}: add a time zone, as in {written}+01:00, or {written}Z for UTC")
    return moment


def parse_since(option: str, text: str) -> float:
    """Return the moment in an option's value, in seconds since 1970.

    Args:
        option: the option, for the error.
        text: its value: an age, such as `15m`, or a moment in ISO 8601.

    Raises:
        click.UsageError: the value is neither.
    """
    ago = _AGO.fullmatch(text)
    if ago:
        return time.time() - int(ago[1]) * _SECONDS[ago[2]]
    return parse_moment(option, text, or_else="90s, 15m, 1h, 7d or ").timestamp()


def parse_seconds(option: str, text: str) -> float:
    """Return the seconds in an option's value.

    Args:
        option: the option, for the error.
        text: its value: seconds, or a time such as `90s`, `15m`, `2h` or `7d`.

    Raises:
        click.UsageError: the value is neither.
    """
    with_unit = _AGO.fullmatch(text)
    if with_unit:
        return float(int(with_unit[1]) * _SECONDS[with_unit[2]])
    try:
        return float(text)
    except ValueError as error:
        raise click.UsageError(f"{option} {text}: give seconds, or a time such as 90s, 15m, 2h or 7d") from error


def utc_text(moment: datetime) -> str:
    """Return a moment in ISO 8601, UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
