"""The delay of an emitted event."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sluice import InvalidDelayError, emit, emit_many
from sluice.emitting.delay import Delay, parse_delay

from tests.unit.support.cloud import HANDLER, Cloud

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("delay", "at", "seconds"),
    [
        (None, None, 0),
        (0, None, 0),
        (1.2, None, 2),
        (timedelta(minutes=15), None, 900),
        (None, NOON + timedelta(seconds=30), 30),
        (None, NOON - timedelta(days=1), 0),
        (None, (NOON + timedelta(seconds=5)).astimezone(), 5),
    ],
)
def test_a_delay_is_rounded_up_to_whole_seconds(delay: Any, at: Any, seconds: int) -> None:
    assert parse_delay(delay, at, now=NOON) == Delay(seconds=seconds)


@pytest.mark.parametrize(
    ("delay", "at", "until"),
    [
        (901, None, NOON + timedelta(seconds=901)),
        (900.2, None, NOON + timedelta(seconds=901)),
        (timedelta(days=3650), None, NOON + timedelta(days=3650)),
        (None, NOON + timedelta(minutes=16, microseconds=1), NOON + timedelta(minutes=16, seconds=1)),
        (None, datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (
            None,
            datetime(2027, 3, 28, 1, 59, tzinfo=ZoneInfo("Europe/Berlin")),
            datetime(2027, 3, 28, 0, 59, tzinfo=UTC),
        ),
    ],
)
def test_a_longer_delay_ends_at_a_whole_second_and_never_too_early(delay: Any, at: Any, until: datetime) -> None:
    assert parse_delay(delay, at, now=NOON) == Delay(until=until)


@pytest.mark.parametrize(
    ("delay", "at", "why"),
    [
        (-1, None, "may be 0 or more"),
        (float("nan"), None, "may be 0 or more"),
        (float("inf"), None, "after the year 2199"),
        (10**400, None, "after the year 2199"),
        (-(10**400), None, "may be 0 or more"),
        (1e300, None, "after the year 2199"),
        (timedelta.max, None, "after the year 2199"),
        (None, NOON.replace(tzinfo=None), "no time zone"),
        (None, NOON.replace(year=2200), "after the year 2199"),
        (1, NOON, "give one of them"),
        ("60", None, "delay='60': give a number of seconds, or a timedelta"),
        (True, None, "delay=True: give a number"),
        (None, "2030-01-01T00:00:00Z", "give a datetime with a time zone"),
        (None, date(2030, 1, 1), "give a datetime with a time zone"),
    ],
)
def test_impossible_delays_are_refused(delay: Any, at: Any, why: str) -> None:
    with pytest.raises(InvalidDelayError, match=why):
        parse_delay(delay, at, now=NOON)


def test_sqs_holds_a_delayed_event_back(cloud: Cloud) -> None:
    emit(HANDLER, 1, delay=60)
    emit_many(HANDLER, [2, 3], delay=timedelta(minutes=1))
    assert cloud.messages(HANDLER) == []
    url = cloud.sqs.get_queue_url(QueueName=cloud.names.queue(HANDLER))["QueueUrl"]
    attributes = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "3"
