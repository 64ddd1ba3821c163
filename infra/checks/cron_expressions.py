"""The checks of EventBridge Scheduler's cron expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sluice.schedules.expression import FIELDS, MONTH_DAYS, WEEK_DAYS, Field

_WEEKS = range(1, 6)
_ORDER = ", ".join(field.name for field in FIELDS)


def problems_with_expression(expression: str) -> Iterator[str]:
    """Yield the problems of an expression such as `0 3 ? * MON-FRI *`."""
    if expression.strip().startswith(("cron(", "rate(", "at(")):
        yield "write only the part between the parentheses, or use every=... for an interval"
        return
    parts = expression.split()
    if len(parts) != len(FIELDS):
        yield f"it has {len(parts)} fields; AWS needs {len(FIELDS)}: {_ORDER}"
        return
    for field, part in zip(FIELDS, parts, strict=True):
        if part in {"*", "?" if field.day else "*"}:
            continue
        if not field.day or not re.search("[LW#]", re.sub("[A-Za-z]{3}", "", part)):
            for item in part.split(","):
                yield from _problem_with_item(field, item)
        else:
            yield from _problem_with_sign(field, part)
    month_day, week_day = parts[2], parts[4]
    if month_day == week_day == "?":
        yield "the day of the month and the day of the week are both '?'; make one of them '*' or a day"
    elif "?" not in (month_day, week_day):
        yield "the day of the month and the day of the week are both given; AWS needs '?' for one of them"


def _problem_with_item(field: Field, item: str) -> Iterator[str]:
    start, slash, step = item.partition("/")
    if slash and field is WEEK_DAYS:
        yield f"{field.name} {item!r} has a step, which AWS refuses in this field; list the days, like MON,WED,FRI"
        return
    if slash and not (re.fullmatch("[0-9]{1,4}", step) and 1 <= int(step) <= field.high):
        yield f"{field.name} {item!r} has the step {step!r}; write a whole number from 1 to {field.high} after '/'"
    if start == "*" and slash:
        return
    ends = start.split("-")
    numbers = [field.number(end) for end in ends]
    if len(ends) > 2 or None in numbers:  # noqa: PLR2004 - a range has two ends
        yield f"{field.name} {item!r} is not valid; it may be {field.allowed}, '*', or a list or range of these"
    elif (numbers[-1] or 0) < (numbers[0] or 0):
        first, last = ends
        low, high = (field.names[0], field.names[-1]) if first.upper() in field.names else (field.low, field.high)
        yield f"{field.name} {item!r} runs backwards; write {_range(first, high)},{_range(low, last)}"


def _range(first: object, last: object) -> str:
    return str(first) if str(first) == str(last) else f"{first}-{last}"


def _problem_with_sign(field: Field, part: str) -> Iterator[str]:
    """Yield the problem of a field with L, W or #, which only days can have."""
    if field is WEEK_DAYS and part == "L":
        yield f"{field.name} 'L' can be read in two ways; write SAT, or SATL for the last Saturday of the month"
    elif not _is_day_sign(field, part):
        may_be = "L, L-3, LW or 15W" if field is MONTH_DAYS else "FRIL (the last Friday) or FRI#2 (the second)"
        yield f"{field.name} {part!r} is not valid; with L, W or # it may be {may_be}, and nothing else"


def _is_day_sign(field: Field, part: str) -> bool:
    if field is WEEK_DAYS:
        weekday, hash_sign, week = part.partition("#")
        if hash_sign:
            return field.number(weekday) is not None and week in map(str, _WEEKS)
        return part.endswith("L") and field.number(part[:-1]) is not None
    if part in {"L", "LW"}:
        return True
    if part.startswith("L-"):
        return (field.number(part[2:]) or 31) <= 30  # noqa: PLR2004 - most days that a month has before its last
    return part.endswith("W") and field.number(part[:-1]) is not None
