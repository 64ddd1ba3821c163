"""The checks of a cron's schedule."""

from __future__ import annotations

import difflib
import zoneinfo
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sluice.schedules.expression import LAST_YEAR, WEEKDAYS, parse
from sluice.schedules.next_runs import next_runs

from ..entries import Cron
from ..handler.cron_expression import BY_THE_CLOCK, BY_THE_MINUTE, BY_THE_WEEK, FORTNIGHTLY, is_time_of_day
from .cron_expressions import problems_with_expression

_INTERVALS = (*BY_THE_MINUTE, *BY_THE_CLOCK)
_OVERLAPS = ("allow", "skip")
_MISSED = ("skip", "queue")
_FIRST_YEAR = 1970
_MACHINES_OWN = {"Factory", "localtime", "posixrules"}
"""Time zone names that mean a different zone on each machine."""

_EXAMPLES = "every='Daily', at='03:00', timezone='Europe/Berlin', or cron='0 3 ? * MON-FRI *'"


def problems_with_cron(cron: Cron) -> list[str]:
    """Return the problems of the settings that only crons have."""
    checks = (_schedule, _at, _on, _week_of, _timezone, _overlap, _missed)
    return [f"handler {cron.name!r}: {problem}" for check in checks for problem in check(cron)]


def _schedule(cron: Cron) -> Iterator[str]:
    every: Any = cron.every
    expression: Any = cron.cron
    if every is None and expression is None:
        yield f"it has no schedule; write {_EXAMPLES}"
    if every is not None and expression is not None:
        yield f"every={every!r} and cron={expression!r} are both set; remove one"
    if every is not None and (not isinstance(every, str) or every not in _INTERVALS):
        yield f"every is {every!r}; it may be {_listed(_INTERVALS)}{_guess(every, _INTERVALS)}"
    if expression is not None:
        if isinstance(expression, str):
            problems = list(problems_with_expression(expression))
            yield from (f"cron is {expression!r}: {problem}" for problem in problems or _never_comes(cron, expression))
        else:
            yield f"cron is {expression!r}; write text, like '0 3 ? * MON-FRI *'"


def _never_comes(cron: Cron, expression: str) -> Iterator[str]:
    """Yield a problem if its times are all past, in no calendar (30 February), or skipped by daylight saving."""
    zone = ZoneInfo(cron.timezone) if cron.timezone and not list(_timezone(cron)) else UTC
    if not next_runs(parse(expression), zone, datetime.now(UTC), count=1):
        yield "it matches no time in the future; check the day, the month and the year"


def _at(cron: Cron) -> Iterator[str]:
    at: Any = cron.at
    if at is None:
        return
    if not isinstance(at, str) or not is_time_of_day(at):
        yield f"at is {at!r}; write a time of day as hours and minutes, like '03:00' or '17:30'"
    if cron.cron is not None:
        yield f"at={at!r} can't be used with cron=..., whose first two fields are the time; remove it"
    elif _is_one_of(cron, BY_THE_MINUTE):
        yield f"at={at!r} can't be used with every={cron.every!r}, which runs all day; remove it"


def _on(cron: Cron) -> Iterator[str]:
    day: Any = cron.on
    if day is None:
        return
    if not isinstance(day, str) or day.upper() not in WEEKDAYS:
        yield f"on is {day!r}; it may be {_listed(WEEKDAYS)}"
    if not _is_one_of(cron, BY_THE_WEEK):
        yield f"on={day!r} is for every='Weekly' and every='Fortnightly' only; remove it"


def _week_of(cron: Cron) -> Iterator[str]:
    week: Any = cron.week_of
    if week is None:
        return
    if not isinstance(week, str) or not _is_date(week):
        yield f"week_of is {week!r}; write a day of one of the weeks in which it runs, like '2026-11-30'"
    if cron.every != FORTNIGHTLY:
        yield f"week_of={week!r} is for every='Fortnightly' only; remove it"


def _is_date(text: str) -> bool:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return day.isoformat() == text and _FIRST_YEAR <= day.year <= LAST_YEAR


def _timezone(cron: Cron) -> Iterator[str]:
    zone: Any = cron.timezone
    if zone is None:
        return
    if cron.cron is None and _is_one_of(cron, BY_THE_MINUTE):
        yield f"timezone={zone!r} can't be used with every={cron.every!r}, which is the same in all zones; remove it"
    zones = zoneinfo.available_timezones() - _MACHINES_OWN
    # Without time zone data on this machine, only AWS can check it.
    if not isinstance(zone, str) or (zones and zone not in zones):
        yield f"timezone is {zone!r}, which is not a time zone; write one like 'Europe/Berlin'{_guess(zone, zones)}"


def _overlap(cron: Cron) -> Iterator[str]:
    if cron.overlap not in _OVERLAPS:
        yield f"overlap is {cron.overlap!r}; it may be 'allow' (runs may overlap) or 'skip' (one at a time)"


def _missed(cron: Cron) -> Iterator[str]:
    if cron.missed not in _MISSED:
        yield f"missed is {cron.missed!r}; it may be 'skip' (no ticks during a pause) or 'queue' (they wait)"


def _is_one_of(cron: Cron, intervals: Iterable[str]) -> bool:
    # Checked at run time, because app.py may not be type-checked.
    every: Any = cron.every
    return isinstance(every, str) and every in intervals


def _listed(words: Iterable[str]) -> str:
    return ", ".join(map(repr, words))


def _guess(word: object, known: Iterable[str]) -> str:
    by_lower = {one.lower(): one for one in known}
    close = difflib.get_close_matches(str(word).lower(), by_lower, n=1)
    return f". Did you mean {by_lower[close[0]]!r}?" if close else ""
