"""Next runs, against a computation that knows nothing of theirs: every minute of two years, asked one by one."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sluice.schedules.expression import parse
from sluice.schedules.next_runs import next_runs

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2028, 1, 1, tzinfo=UTC)

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    # Half an hour of daylight saving.
    "Australia/Lord_Howe",
    # Daylight saving begins and ends at midnight.
    "America/Santiago",
    # No daylight saving, and a quarter of an hour off the others.
    "Asia/Kathmandu",
)


def is_weekday(day: date) -> bool:
    return day.strftime("%a") not in {"Sat", "Sun"}


def month(day: date) -> list[date]:
    return [day.replace(day=number) for number in range(1, calendar.monthrange(day.year, day.month)[1] + 1)]


def nearest_weekday(day: date, number: int) -> date | None:
    return min(
        filter(is_weekday, month(day)),
        # Of a Friday and a Monday that are as near, there is never a choice: a weekend lies between.
        key=lambda other: abs(other.day - number),
    )


@dataclass(frozen=True)
class Meaning:
    """What an expression means, said without its syntax."""

    time: Callable[[int, int], bool]
    day: Callable[[date], bool]


def every_day(_: date) -> bool:
    return True


def at(*times: str) -> Callable[[int, int], bool]:
    return lambda hour, minute: f"{hour:02}:{minute:02}" in times


def on(*weekdays: str) -> Callable[[date], bool]:
    return lambda day: day.strftime("%a") in weekdays


EXPRESSIONS = {
    "0/15 * * * ? *": Meaning(lambda hour, minute: minute % 15 == 0, every_day),
    "0 * * * ? *": Meaning(lambda hour, minute: minute == 0, every_day),
    "0 0/12 * * ? *": Meaning(at("00:00", "12:00"), every_day),
    "30 2 * * ? *": Meaning(at("02:30"), every_day),
    "15 0 * * ? *": Meaning(at("00:15"), every_day),
    "0 3 ? * MON *": Meaning(at("03:00"), on("Mon")),
    "0 3 ? * MON-FRI *": Meaning(at("03:00"), is_weekday),
    "0/7 1-3 * * ? *": Meaning(lambda hour, minute: minute % 7 == 0 and 1 <= hour <= 3, every_day),
    "5/20 8-17/3 ? * 1,7 *": Meaning(
        lambda hour, minute: minute in (5, 25, 45) and hour in (8, 11, 14, 17), on("Sat", "Sun")
    ),
    "59 23 L * ? *": Meaning(at("23:59"), lambda day: day == month(day)[-1]),
    "0 2 L-3 * ? *": Meaning(at("02:00"), lambda day: day == month(day)[-4]),
    "0 1 LW * ? *": Meaning(at("01:00"), lambda day: day == [*filter(is_weekday, month(day))][-1]),
    "0 1 15W * ? *": Meaning(at("01:00"), lambda day: day == nearest_weekday(day, 15)),
    "0 1 1W * ? *": Meaning(at("01:00"), lambda day: day == nearest_weekday(day, 1)),
    "45 1 ? * SUN#5 *": Meaning(at("01:45"), lambda day: day.strftime("%a") == "Sun" and day.day > 28),
    "0 9 ? * 2#1 *": Meaning(at("09:00"), lambda day: day.strftime("%a") == "Mon" and day.day <= 7),
    "30 1 ? * 1L *": Meaning(
        at("01:30"), lambda day: day.strftime("%a") == "Sun" and (day + timedelta(7)).month != day.month
    ),
    "0,30 0 1,15 JAN,JUL ? 2026-2030": Meaning(
        at("00:00", "00:30"), lambda day: day.day in (1, 15) and day.month in (1, 7)
    ),
    "0 0 31 * ? *": Meaning(at("00:00"), lambda day: day.day == 31),
    "10 2 8-14 MAR,NOV ? 2027": Meaning(
        at("02:10"), lambda day: 8 <= day.day <= 14 and day.month in (3, 11) and day.year == 2027
    ),
}


_MINUTE = timedelta(minutes=1)


def moments_of(zone: str) -> dict[int, int]:
    """Every minute of the two years, by what the zone's clock shows then for the first time. Both counted from 2026.

    A clock time that is left out never comes up here, and one that comes up again stays the first.
    """
    tz = ZoneInfo(zone)
    shown: dict[int, int] = {}
    for quarter in range(0, (END - START) // _MINUTE, 15):
        # No zone has changed its clock but on a quarter of an hour since 1972.
        offset = (START + quarter * _MINUTE).astimezone(tz).utcoffset()
        assert offset is not None
        for minute in range(quarter, quarter + 15):
            shown.setdefault(minute + offset // _MINUTE, minute)
    return shown


def expected_runs(meaning: Meaning, moments: dict[int, int]) -> list[datetime]:
    times = [minute for minute in range(1440) if meaning.time(minute // 60, minute % 60)]
    first = START.date()
    # A zone's clock shows parts of the days before and after, too.
    days = [day for day in range(-1, (END - START).days + 1) if meaning.day(first + timedelta(day))]
    clocks = (day * 1440 + minute for day in days for minute in times)
    return [START + moments[clock] * _MINUTE for clock in clocks if clock in moments]


@pytest.mark.parametrize("zone", ZONES)
def test_two_years_of_twenty_expressions(zone: str) -> None:
    assert len(EXPRESSIONS) == 20
    moments = moments_of(zone)
    for expression, meaning in EXPRESSIONS.items():
        expected = expected_runs(meaning, moments)
        found = next_runs(parse(expression), ZoneInfo(zone), START - _MINUTE, count=len(expected) + 1)
        assert [run for run in found if run < END] == expected, expression
        assert expected, expression


@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_of_the_days_on_which_clocks_change(zone: str) -> None:
    minutes = sorted(moments_of(zone).values())
    every_minute = parse("* * * * ? *")
    for day in ("2026-03-08", "2026-03-29", "2026-04-05", "2026-09-06", "2026-10-04", "2026-10-25", "2026-11-01"):
        start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=12)
        begin = (start - START) // _MINUTE
        wanted = [START + minute * _MINUTE for minute in minutes if begin < minute <= begin + 2 * 1440]
        assert next_runs(every_minute, ZoneInfo(zone), start, count=len(wanted)) == wanted


def runs(expression: str, zone: str, after: str, count: int = 3) -> list[str]:
    found = next_runs(parse(expression), ZoneInfo(zone), datetime.fromisoformat(after), count=count)
    return [run.isoformat() for run in found]


def test_a_time_that_is_left_out_in_spring_is_skipped() -> None:
    assert runs("30 2 * * ? *", "Europe/Berlin", "2026-03-28T00:00:00Z") == [
        "2026-03-28T01:30:00+00:00",
        "2026-03-30T00:30:00+00:00",
        "2026-03-31T00:30:00+00:00",
    ]


def test_a_time_that_is_repeated_in_autumn_counts_once() -> None:
    assert runs("30 2 * * ? *", "Europe/Berlin", "2026-10-24T12:00:00Z") == [
        "2026-10-25T00:30:00+00:00",
        "2026-10-26T01:30:00+00:00",
        "2026-10-27T01:30:00+00:00",
    ]
    assert runs("30 2 * * ? *", "Europe/Berlin", "2026-10-25T00:30:00Z", 1) == ["2026-10-26T01:30:00+00:00"]


def test_a_local_time_stays_what_it_is_over_a_change() -> None:
    assert runs("0 3 * * ? *", "America/New_York", "2026-03-07T00:00:00Z") == [
        "2026-03-07T08:00:00+00:00",
        "2026-03-08T07:00:00+00:00",
        "2026-03-09T07:00:00+00:00",
    ]


def test_fortnights_hold_their_weekday_and_their_clock_time_over_years() -> None:
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 3, 16, 3, tzinfo=zone).astimezone(UTC)

    found = next_runs(
        parse("0 3 ? * MON *"),
        zone,
        first - timedelta(seconds=1),
        count=120,
        fortnight=datetime(2000, 1, 3, 2, tzinfo=UTC),
    )

    local = [run.astimezone(zone) for run in found]
    assert {(run.strftime("%a"), run.hour, run.minute) for run in local} == {("Mon", 3, 0)}
    days = [(later.date() - earlier.date()).days for earlier, later in pairwise(local)]
    assert set(days) == {14}
    # 2000-01-03 and every fourteenth day from there.
    assert (local[0].date() - date(2000, 1, 3)).days % 14 == 0


def test_there_may_be_none_left() -> None:
    assert runs("0 3 1 1 ? 2020", "UTC", "2026-01-01T00:00:00Z") == []
    assert runs("0 3 1 1 ? 2026-2027", "UTC", "2026-06-01T00:00:00Z") == ["2027-01-01T03:00:00+00:00"]
    assert runs("0 3 30 2 ? *", "UTC", "2026-01-01T00:00:00Z") == []


@pytest.mark.parametrize("text", ["", "0 3 * * *", "60 3 * * ? *", "0 3 ? * MO *"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"fields|is not"):
        parse(text)
