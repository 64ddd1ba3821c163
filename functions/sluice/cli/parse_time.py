"""Moments, as a command line gives them."""

from __future__ import annotations

from datetime import datetime

import click


def moment_of(option: str, text: str, *, or_else: str = "") -> datetime:
    """The moment in an option's value.

    Args:
        option: the option, for the error.
        text: its value.
        or_else: what else may stand there, for the error.

    Raises:
        click.UsageError: it is not ISO 8601, or lacks a time zone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"{option} {text}: write {or_else}a moment such as 2030-01-31T09:00:00+01:00") from error
    if moment.utcoffset() is None:
        written = moment.isoformat()
        raise click.UsageError(f"{option} {text}: say in which time zone, as in {written}+01:00, or {written}Z for UTC")
    return moment
