"""The choice of events to replay, in memory that does not grow with their number."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sluice.event.ids import new_id
from sluice.operate import replay_choice
from sluice.operate.replay_choice import ReplayChoice, why_not
from sluice.traces import Trace

from tests.unit.support.cloud import HANDLER
from tests.unit.support.traces import a_trace


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "error"}, None),
        ({"status": "no-handler"}, None),
        ({"status": "no-handler", "cut": ("event",)}, None),
        ({"status": "error", "cut": ("logs",), "redacted": ("logs",)}, None),
        ({"status": "error", "cut": ("event",)}, replay_choice.CUT),
        ({"status": "error", "redacted": ("event",)}, replay_choice.REDACTED),
        ({"status": "damaged"}, replay_choice.LOST),
        ({"status": "error", "handler": "gone"}, replay_choice.NO_HANDLER),
        ({"status": "timed-out"}, replay_choice.RETRIED),
        ({"status": "interrupted"}, replay_choice.RETRIED),
        ({"status": "dead"}, replay_choice.DEAD),
    ],
)
def test_an_event_that_cannot_run_again_or_will_anyway_is_left_out(fields: dict[str, Any], reason: str | None) -> None:
    assert why_not(a_trace(**fields), handlers=[HANDLER], asked=[]) == reason


@pytest.mark.parametrize("status", ["timed-out", "interrupted", "dead"])
def test_a_status_that_is_asked_for_by_name_is_not_left_out(status: str) -> None:
    assert why_not(a_trace(status=status), handlers=[HANDLER], asked=[status]) is None


def test_memory_does_not_grow_with_the_number_of_events() -> None:
    def traces(count: int) -> Iterator[Trace]:
        event_id = new_id()
        return (a_trace(id=event_id, emitted_ms=number) for number in range(count))

    def peak(count: int) -> int:
        tracemalloc.start()
        with closing(ReplayChoice(again=False, until=0)) as choice:
            choice.add(traces(count), lambda _: None)
            read = sum(len(part) for part in choice.in_parts(50))
            assert (read, choice.count, choice.oldest_ms, choice.newest_ms) == (count, count, 0, count - 1)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    # 30,000 ids are more than the megabyte that is kept in memory.
    assert peak(30_000) < 3_000_000
