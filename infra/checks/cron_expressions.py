"""The checks of EventBridge Scheduler's cron expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_WEEKS = range(1, 6)


@dataclass(frozen=True)
class Field:
    """One of the expression's fields.

    Attributes:
        name: what it says.
        low: its smallest number.
        high: its largest number.
        names: words for its numbers, from the smallest on.
        day: whether it says which days, so that it may be `?`.
    """

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    day: bool = False

    def number(self, text: str) -> int | None:
        """The number that a number or a word stands for; None if it is out of range or no such thing."""
        if text.upper() in self.names:
            return self.low + self.names.index(text.upper())
        # str.isdigit is also true for digits that AWS would not read.
        if not re.fullmatch("[0-9]{1,4}", text):
            return None
        return int(text) if self.low <= int(text) <= self.high else None

    @property
    def allowed(self) -> str:
        """What it takes, in words."""
        words = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return f"{self.low} to {self.high}{words}"


_FIELDS = (
    Field("minutes", 0, 59),
    Field("hours", 0, 23),
    Field("day of the month", 1, 31, day=True),
    Field("month", 1, 12, _MONTHS),
    Field("day of the week", 1, 7, _DAYS, day=True),
    Field("year", 1970, 2199),
)
_ORDER = ", ".join(field.name for field in _FIELDS)


def problems_with_expression(expression: str) -> Iterator[str]:
    """What is wrong with an expression such as `0 3 ? * MON-FRI *`, in words."""
    if expression.strip().startswith(("cron(", "rate(", "at(")):
        yield "write only what stands between the parentheses (for intervals there is every=...)"
        return
    parts = expression.split()
    if len(parts) != len(_FIELDS):
        yield f"it has {len(parts)} fields; AWS wants {len(_FIELDS)}: {_ORDER}"
        return
    for field, part in zip(_FIELDS, parts, strict=True):
        for item in part.split(","):
            yield from _problem_with_item(field, item, alone=item == part)
    month_day, week_day = parts[2], parts[4]
    if month_day == week_day == "?":
        yield "the day of the month and the day of the week are both '?'; make one of them '*' or a day"
    elif "?" not in (month_day, week_day):
        yield "the day of the month and the day of the week are both given; AWS wants '?' for one of them"


def _problem_with_item(field: Field, item: str, *, alone: bool) -> Iterator[str]:
    if (field.day and _is_day_sign(field, item)) or (item == "*" and alone) or (item == "?" and field.day and alone):
        return
    start, slash, step = item.partition("/")
    if slash and not (re.fullmatch("[0-9]{1,4}", step) and 1 <= int(step) <= field.high):
        yield f"{field.name} {item!r} has the step {step!r}; write a whole number after '/', like */15"
    if start == "*" and slash:
        return
    ends = start.split("-")
    if len(ends) > 2 or any(field.number(end) is None for end in ends):  # noqa: PLR2004 - a range has two ends
        yield f"{field.name} {item!r} is not possible; it may be {field.allowed}, '*', a list or a range of these"


def _is_day_sign(field: Field, item: str) -> bool:
    """Whether it is one of the signs that only days have: L, W and #."""
    if field.names:
        weekday, hash_sign, week = item.partition("#")
        if hash_sign:
            return field.number(weekday) is not None and week.isdigit() and int(week) in _WEEKS
        return item == "L" or (item.endswith("L") and field.number(item[:-1]) is not None)
    if item in {"L", "LW"}:
        return True
    if item.startswith("L-"):
        return field.number(item[2:]) is not None
    return item.endswith("W") and field.number(item[:-1]) is not None
