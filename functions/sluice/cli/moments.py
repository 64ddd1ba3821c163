"""Moments, as a command line gives them."""

from __future__ import annotations

from datetime import datetime

import click


def moment_of(option: str, text: str) -> datetime:
    """The moment in an option's value.

    Args:
        option: the option, for the error.
        text: its value.

    Raises:
        click.UsageError: it is not ISO 8601, or lacks a time zone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"{option} {text}: write a moment such as 2030-01-31T09:00:00+01:00") from error
    if moment.utcoffset() is None:
        raise click.UsageError(f"{option} {text}: say in which time zone, as in {text}+01:00, or {text}Z for UTC")
    return moment
