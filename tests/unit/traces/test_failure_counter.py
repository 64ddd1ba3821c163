"""The number of a handler's latest failures."""

from __future__ import annotations

from typing import Any

import pytest
from sluice.stage.failure_limit import FailureLimit
from sluice.traces.failure_counter import FailureCounter, is_reached

from tests.unit.support.cloud import HANDLER, Cloud, calls_of

LIMIT = FailureLimit(5, 100)


class Clock:
    """A clock that a test sets."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counter(cloud: Cloud, clock: Clock) -> FailureCounter:
    return FailureCounter(cloud.dynamodb, cloud.names.trace_table, clock)


def row_of(counter: FailureCounter) -> Any:
    return counter.rows([HANDLER, "another"])[HANDLER]


def test_a_failure_is_one_write_and_the_one_at_the_limit_tells(cloud: Cloud, counter: FailureCounter) -> None:
    calls = calls_of(cloud.dynamodb)
    assert [counter.add(HANDLER, LIMIT) for _ in range(4)] == [False] * 4
    assert calls == ["UpdateItem"] * 4
    assert not is_reached(row_of(counter), LIMIT, 1_000_000)
    assert counter.add(HANDLER, LIMIT)
    assert is_reached(row_of(counter), LIMIT, 1_000_000)


def test_of_many_that_reach_the_limit_together_one_tells_every_ten_seconds(
    counter: FailureCounter, clock: Clock
) -> None:
    told = [counter.add(HANDLER, LIMIT) for _ in range(20)]
    assert (told[4], sum(told)) == (True, 1)
    clock.now += 10
    assert [counter.add(HANDLER, LIMIT) for _ in range(3)] == [True, False, False]


def test_failures_count_for_the_time_and_up_to_a_tenth_more(counter: FailureCounter, clock: Clock) -> None:
    for _ in range(5):
        counter.add(HANDLER, LIMIT)
    for seconds, reached in ((0, True), (100, True), (109, True), (110, False)):
        assert is_reached(row_of(counter), LIMIT, clock.now + seconds) == reached
    clock.now += 110
    assert not counter.add(HANDLER, LIMIT)


def test_a_handler_that_fails_all_the_time_has_a_small_row(counter: FailureCounter, clock: Clock) -> None:
    for _ in range(150):
        clock.now += 10
        counter.add(HANDLER, LIMIT)
    assert len(row_of(counter)) < 70


def test_after_a_reset_the_failures_so_far_do_not_count(counter: FailureCounter) -> None:
    for _ in range(9):
        counter.add(HANDLER, LIMIT)
    counter.reset(HANDLER)
    assert not is_reached(row_of(counter), LIMIT, 1_000_000)
    assert [counter.add(HANDLER, LIMIT) for _ in range(5)] == [False] * 4 + [True]


@pytest.mark.parametrize("row", [{}, {"n100000": {"S": "x"}}, {"n100000": {"N": "many"}}, {"n100000": 7}])
def test_a_damaged_row_reaches_nothing(row: Any) -> None:
    assert not is_reached(row, LIMIT, 1_000_000)
