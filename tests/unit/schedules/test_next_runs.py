"""Next runs, against an independent computation that looks at every minute of two years."""

from __future__ import annotations

import calendar
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise
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
    # Daylight saving of half an hour.
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
        # A Friday and a Monday are never equally near, as two days lie between them.
        key=lambda other: abs(other.day - number),
    )


@dataclass(frozen=True)
class Meaning:
    """An expression's meaning, without its syntax."""

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
    """Every minute of the two years, by the time that the zone's clock shows then. Both in minutes since 2026.

    A clock time that is skipped is not in it; for one that is repeated, it has the first minute.
    """
    tz = ZoneInfo(zone)
    shown: dict[int, int] = {}

    def offset(quarter: int) -> int:
        ahead = (START + quarter * _MINUTE).astimezone(tz).utcoffset()
        assert ahead is not None
        return ahead // _MINUTE

    # Since 1972, every zone has changed its clock on a quarter of an hour.
    periods = [(ahead, list(quarters)) for ahead, quarters in groupby(range(0, (END - START) // _MINUTE, 15), offset)]
    # Backwards, so that the first minute of a repeated clock time stays.
    for ahead, quarters in reversed(periods):
        minutes = range(quarters[0], quarters[-1] + 15)
        shown.update((minute + ahead, minute) for minute in minutes)
    return shown


def expected_runs(meaning: Meaning, moments: dict[int, int]) -> list[datetime]:
    times = [minute for minute in range(1440) if meaning.time(minute // 60, minute % 60)]
    first = START.date()
    # In parts of the first and last day, a zone's clock shows the day before or after.
    days = [day for day in range(-1, (END - START).days + 1) if meaning.day(first + timedelta(day))]
    clocks = (day * 1440 + minute for day in days for minute in times)
    return [START + moments[clock] * _MINUTE for clock in clocks if clock in moments]


@pytest.fixture(scope="module", params=[pytest.param(zone, marks=pytest.mark.xdist_group(zone)) for zone in ZONES])
def zone(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def moments(zone: str) -> dict[int, int]:
    """Computed once a zone, as it is a million minutes."""
    return moments_of(zone)


def test_two_years_of_twenty_expressions(zone: str, moments: dict[int, int]) -> None:
    assert len(EXPRESSIONS) == 20
    for expression, meaning in EXPRESSIONS.items():
        expected = expected_runs(meaning, moments)
        found = next_runs(parse(expression), ZoneInfo(zone), START - _MINUTE, count=len(expected) + 1)
        assert [run for run in found if run < END] == expected, expression
        assert expected, expression


def test_every_minute_of_the_days_on_which_clocks_change(zone: str, moments: dict[int, int]) -> None:
    minutes = sorted(moments.values())
    every_minute = parse("* * * * ? *")
    for day in ("2026-03-08", "2026-03-29", "2026-04-05", "2026-09-06", "2026-10-04", "2026-10-25", "2026-11-01"):
        start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=12)
        begin = (start - START) // _MINUTE
        first, last = bisect_right(minutes, begin), bisect_right(minutes, begin + 2 * 1440)
        wanted = [START + minute * _MINUTE for minute in minutes[first:last]]
        assert next_runs(every_minute, ZoneInfo(zone), start, count=len(wanted)) == wanted


def runs(expression: str, zone: str, after: str, count: int = 3) -> list[str]:
    found = next_runs(parse(expression), ZoneInfo(zone), datetime.fromisoformat(after), count=count)
    return [run.isoformat() for run in found]


def test_a_clock_time_skipped_in_spring_has_no_run() -> None:
    assert runs("30 2 * * ? *", "Europe/Berlin", "2026-03-28T00:00:00Z") == [
        "2026-03-28T01:30:00+00:00",
        "2026-03-30T00:30:00+00:00",
        "2026-03-31T00:30:00+00:00",
    ]


def test_a_clock_time_repeated_in_autumn_has_one_run() -> None:
    assert runs("30 2 * * ? *", "Europe/Berlin", "2026-10-24T12:00:00Z") == [
        "2026-10-25T00:30:00+00:00",
        "2026-10-26T01:30:00+00:00",
        "2026-10-27T01:30:00+00:00",
    ]
    assert runs("30 2 * * ? *", "Europe/Berlin", "2026-10-25T00:30:00Z", 1) == ["2026-10-26T01:30:00+00:00"]


def test_a_run_keeps_its_clock_time_when_daylight_saving_begins() -> None:
    assert runs("0 3 * * ? *", "America/New_York", "2026-03-07T00:00:00Z") == [
        "2026-03-07T08:00:00+00:00",
        "2026-03-08T07:00:00+00:00",
        "2026-03-09T07:00:00+00:00",
    ]


def test_fortnights_keep_their_weekday_and_clock_time_over_years() -> None:
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


def test_an_expression_may_have_no_runs_left() -> None:
    assert runs("0 3 1 1 ? 2020", "UTC", "2026-01-01T00:00:00Z") == []
    assert runs("0 3 1 1 ? 2026-2027", "UTC", "2026-06-01T00:00:00Z") == ["2027-01-01T03:00:00+00:00"]
    assert runs("0 3 30 2 ? *", "UTC", "2026-01-01T00:00:00Z") == []
