"""The ages that the alarms on waiting events and dead letters watch, over weeks."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from sluice import emit
from sluice.reconciler.watch import Watch
from sluice.retention.ages import dead_seconds, waiting_seconds
from sluice.retention.state import RetentionState, SweepState

from tests.unit.support.long_pauses import DAY, HANDLER, MINUTE, Months

HOUR = 60 * MINUTE


class NoEmits:
    """No names without a handler."""

    def emitted_since(self, _: int) -> list[str]:
        return []


class Told:
    """The metrics that a reconciler writes."""

    def __init__(self, months: Months) -> None:
        self._stream = io.StringIO()
        unhandled: Any = NoEmits()
        months.reconciler._watch = Watch("test", unhandled, self._stream)

    def values(self, metric: str) -> list[int]:
        lines = [json.loads(line) for line in self._stream.getvalue().splitlines()]
        found = [line for line in lines if metric in line]
        assert {(line["stage"], line["service"]) for line in found} <= {("test", HANDLER)}
        return [line[metric] for line in found]


def test_an_event_is_as_old_as_the_last_sweep_that_sent_it_again() -> None:
    assert waiting_seconds(RetentionState(idle_ms=1_000), 61_000) == 60
    assert waiting_seconds(RetentionState(idle_ms=1_000, live=SweepState(last_ms=31_000)), 61_000) == 30
    # A sweep that has not ended may have missed it.
    assert waiting_seconds(RetentionState(idle_ms=1_000, live=SweepState(began_ms=31_000)), 61_000) == 60


def test_without_dead_letters_nothing_is_old() -> None:
    assert dead_seconds(RetentionState(), 61_000) is None
    assert dead_seconds(RetentionState(dead_since_ms=1_000), 61_000) == 60


def test_a_paused_month_brings_no_event_near_the_alarm(months: Months) -> None:
    told = Told(months)
    months.function.concurrency = 0
    emit(HANDLER, {"n": 1})
    months.days(30, every=HOUR)
    ages = told.values("OldestWaiting")
    assert 4 * DAY < max(ages) < 6 * DAY


def test_events_that_are_not_sent_again_in_time_reach_the_alarm(
    months: Months, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(months)
    months.function.concurrency = 0
    emit(HANDLER, {"n": 1})
    months.minute()
    # The reconciler has no time for the queue, whatever it receives of it.
    monkeypatch.setattr("sluice.reconciler.reconciler.MOVES_PER_RUN", 0)
    months.days(11.1, every=HOUR)
    ages = told.values("OldestWaiting")
    assert ages[-1] > 11 * DAY
    assert ages == sorted(ages)


def test_an_empty_queue_has_no_age(months: Months) -> None:
    told = Told(months)
    months.function.concurrency = 0
    months.days(2, every=HOUR)
    assert told.values("OldestWaiting") == []


def test_the_age_of_a_running_handlers_events_is_told_once_an_hour_and_only_if_they_are_old(months: Months) -> None:
    told = Told(months)
    months.metrics.oldest = DAY - 1
    months.days(0.2)
    assert told.values("OldestWaiting") == []
    months.metrics.oldest = 11 * DAY
    months.days(0.25)
    assert told.values("OldestWaiting") == [11 * DAY] * 6


def test_dead_letters_age_however_often_they_are_sent_again(months: Months) -> None:
    told = Told(months)
    months.kill(1, attempts=5)
    months.days(20, every=HOUR)
    (letter,) = months.messages(dead=True)
    assert months.now - letter.sent_timestamp / 1000 < 7 * DAY
    assert told.values("OldestDeadLetter")[-1] > 19 * DAY


def test_dead_letters_that_are_gone_have_no_age_and_new_ones_start_anew(months: Months) -> None:
    told = Told(months)
    months.kill(1, attempts=5)
    months.days(1, every=HOUR)
    months.messages(dead=True).clear()
    months.days(0.1)
    before = len(told.values("OldestDeadLetter"))
    months.days(0.1)
    assert len(told.values("OldestDeadLetter")) == before
    months.kill(2, attempts=5)
    months.days(0.1)
    assert told.values("OldestDeadLetter")[-1] < 0.2 * DAY
