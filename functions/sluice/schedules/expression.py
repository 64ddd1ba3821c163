"""EventBridge Scheduler's cron expressions: their days and times.

Depends on nothing, so that the checks at synth and the command line read them in the same way.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
"""In the order of their numbers in expressions, from 1 for Sunday."""

LAST_YEAR = 2199
"""The last year that an expression can name."""

_SATURDAY, _SUNDAY = 5, 6
"""The numbers that `date.weekday` gives them."""


@dataclass(frozen=True)
class Field:
    """A field of an expression.

    Attributes:
        name: its name.
        low: its smallest number.
        high: its largest number.
        names: words for its numbers, from the smallest on.
        day: True if it names days, so that it may be `?`.
    """

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    day: bool = False

    def number(self, text: str) -> int | None:
        """Return the number for a number or a word; None if the field does not take it."""
        if text.upper() in self.names:
            return self.low + self.names.index(text.upper())
        # Not str.isdigit, which accepts digits that AWS does not.
        if not re.fullmatch("[0-9]{1,4}", text):
            return None
        return int(text) if self.low <= int(text) <= self.high else None

    @property
    def allowed(self) -> str:
        """The field's numbers and words, for messages."""
        words = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.low} to {self.high}{words}"


MINUTES = Field("minutes", 0, 59)
HOURS = Field("hours", 0, 23)
MONTH_DAYS = Field("day of the month", 1, 31, day=True)
MONTH = Field("month", 1, 12, MONTHS)
WEEK_DAYS = Field("day of the week", 1, 7, WEEKDAYS, day=True)
YEAR = Field("year", 1970, LAST_YEAR)
FIELDS = (MINUTES, HOURS, MONTH_DAYS, MONTH, WEEK_DAYS, YEAR)


@dataclass(frozen=True)
class CronExpression:
    """A parsed expression.

    Attributes:
        minutes: its minutes, sorted.
        hours: its hours, sorted.
        months: its months.
        years: its years, sorted.
        is_day: returns True for its days, within its months and years.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: tuple[int, ...]
    is_day: Callable[[date], bool]


def cron_of(expression: str) -> str | None:
    """Return the fields within `cron(...)`; None for Scheduler's other expressions."""
    found = re.fullmatch(r"cron\((.+)\)", expression.strip())
    return found[1] if found else None


def parse(expression: str) -> CronExpression:
    """Parse an expression such as `0 3 ? * MON-FRI *` that has passed the checks at synth.

    Raises:
        ValueError: it is not an expression.
    """
    parts = expression.split()
    if len(parts) != len(FIELDS):
        raise ValueError(f"{expression!r} does not have {len(FIELDS)} fields")
    minutes, hours, month_days, months, week_days, years = parts
    return CronExpression(
        minutes=tuple(sorted(_numbers(MINUTES, minutes))),
        hours=tuple(sorted(_numbers(HOURS, hours))),
        months=frozenset(_numbers(MONTH, months)),
        years=tuple(sorted(_numbers(YEAR, years))),
        is_day=_month_days(month_days) if week_days == "?" else _week_days(week_days),
    )


def _number(field: Field, text: str) -> int:
    number = field.number(text)
    if number is None:
        raise ValueError(f"{field.name} {text!r} is not {field.allowed}")
    return number


def _numbers(field: Field, part: str) -> set[int]:
    found: set[int] = set()
    for item in part.split(","):
        start, slash, step = item.partition("/")
        first, dash, last = start.partition("-")
        low = field.low if start == "*" else _number(field, first)
        # `5/10` goes on to the field's end; `5` does not.
        high = field.high if start == "*" or (slash and not dash) else _number(field, last) if dash else low
        found.update(range(low, high + 1, int(step) if slash else 1))
    return found


def _month_days(part: str) -> Callable[[date], bool]:
    if part == "L":
        return lambda day: day.day == _length(day)
    if part == "LW":
        return lambda day: day.day == _nearest_weekday(day, _length(day))
    if part.startswith("L-"):
        before = _number(MONTH_DAYS, part[2:])
        return lambda day: day.day == _length(day) - before
    if part.endswith("W"):
        target = _number(MONTH_DAYS, part[:-1])
        return lambda day: target <= _length(day) and day.day == _nearest_weekday(day, target)
    numbers = _numbers(MONTH_DAYS, part)
    return lambda day: day.day in numbers


def _week_days(part: str) -> Callable[[date], bool]:
    weekday, hash_sign, week = part.partition("#")
    if hash_sign:
        number = _number(WEEK_DAYS, weekday)
        return lambda day: _of_week(day) == number and (day.day - 1) // 7 + 1 == int(week)
    if part.endswith("L"):
        number = _number(WEEK_DAYS, part[:-1])
        return lambda day: _of_week(day) == number and day.day + 7 > _length(day)
    numbers = _numbers(WEEK_DAYS, part)
    return lambda day: _of_week(day) in numbers


def _of_week(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _length(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, target: int) -> int:
    """Return the day from Monday to Friday that is nearest to a day of the same month."""
    weekday = day.replace(day=target).weekday()
    if weekday == _SATURDAY:
        return target - 1 if target > 1 else target + 2
    if weekday == _SUNDAY:
        return target + 1 if target < _length(day) else target - 2
    return target
