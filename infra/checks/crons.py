"""The checks of when a cron is to run."""

from __future__ import annotations

import difflib
import zoneinfo
from collections.abc import Iterable, Iterator
from typing import Any

from ..entries import Cron
from ..schedules import BY_THE_CLOCK, RATES, is_time_of_day
from .cron_expressions import problems_with_expression

_RATES = tuple(RATES)
_INTERVALS = (*_RATES, *BY_THE_CLOCK)
_EXAMPLES = "every='Daily', at='03:00', timezone='Europe/Berlin', or cron='0 3 ? * MON-FRI *'"


def problems_with_cron(cron: Cron) -> list[str]:
    """What is wrong with a cron's own settings."""
    return [f"handler {cron.name!r}: {problem}" for problem in (*_when(cron), *_at(cron), *_timezone(cron))]


def _when(cron: Cron) -> Iterator[str]:
    every: Any = cron.every
    expression: Any = cron.cron
    if every is None and expression is None:
        yield f"nothing says when it runs; write {_EXAMPLES}"
    if every is not None and expression is not None:
        yield f"every={every!r} and cron={expression!r} both say when it runs; leave one out"
    if every is not None and every not in _INTERVALS:
        yield f"every is {every!r}; it may be {_listed(_INTERVALS)}{_guess(every, _INTERVALS)}"
    if expression is not None:
        if isinstance(expression, str):
            yield from (f"cron is {expression!r}: {problem}" for problem in problems_with_expression(expression))
        else:
            yield f"cron is {expression!r}; write text, like '0 3 ? * MON-FRI *'"


def _at(cron: Cron) -> Iterator[str]:
    at: Any = cron.at
    if at is None:
        return
    if not isinstance(at, str) or not is_time_of_day(at):
        yield f"at is {at!r}; write a time of day as hours and minutes, like '03:00' or '17:30'"
    if cron.cron is not None:
        yield f"at={at!r} is not for a cron expression; the expression's first two fields say the time"
    elif cron.every in _RATES:
        yield f"at={at!r} is not for every={cron.every!r}, which runs in intervals from its deployment on; leave it out"


def _timezone(cron: Cron) -> Iterator[str]:
    zone: Any = cron.timezone
    if zone is None:
        return
    if cron.cron is None and cron.every in _RATES:
        yield f"timezone={zone!r} is not for every={cron.every!r}, which no clock has a say in; leave it out"
    zones = zoneinfo.available_timezones()
    # A machine without time zone data cannot tell; AWS will.
    if not isinstance(zone, str) or (zones and zone not in zones):
        yield f"timezone is {zone!r}, which no time zone is named; write one like 'Europe/Berlin'{_guess(zone, zones)}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(map(repr, words))


def _guess(word: object, known: Iterable[str]) -> str:
    by_lower = {one.lower(): one for one in known}
    close = difflib.get_close_matches(str(word).lower(), by_lower, n=1)
    return f". Did you mean {by_lower[close[0]]!r}?" if close else ""
