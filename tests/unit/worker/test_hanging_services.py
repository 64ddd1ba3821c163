"""AWS that takes the worker's calls and never answers: the response still comes before Lambda ends the invocation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sluice import emit, emit_many

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function
from tests.unit.support.hanging import Countdown, HangingAws, hanging_aws
from tests.unit.support.polling import dead_letters, make_visible

TIMEOUT = 5.0
"""Seconds that a handler may run."""

LAMBDA_TIMEOUT = 8.0
"""Seconds until Lambda ends the invocation: the handler's, and three to record it."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> HangingAws:
    return hanging_aws(monkeypatch)


def test_an_event_whose_trace_cannot_be_written_is_logged_and_acknowledged_in_time(
    cloud: Cloud, aws: HangingAws
) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append, timeout=TIMEOUT, dynamodb=aws.client("dynamodb"))
    event_id = emit(HANDLER, 1)
    context = Countdown(aws.clock, LAMBDA_TIMEOUT)
    assert function.poll(context)["batchItemFailures"] == []
    assert context.get_remaining_time_in_millis() > 0
    (line,) = [json.loads(line) for line in function.log.getvalue().splitlines()]
    assert (line["level"], line["message"], line["event_id"]) == ("ERROR", "trace not written", event_id)
    make_visible(cloud)
    assert (ran, cloud.messages(HANDLER)) == ([1], [])


def test_the_response_comes_in_time_even_if_sqs_hangs_too(cloud: Cloud, aws: HangingAws) -> None:
    ran: list[object] = []
    function = Function(
        cloud, ran.append, timeout=TIMEOUT, dynamodb=aws.client("dynamodb"), sqs=aws.client("sqs"), batch_size=3
    )
    emit_many(HANDLER, range(3))
    context = Countdown(aws.clock, LAMBDA_TIMEOUT)
    assert len(function.poll(context)["batchItemFailures"]) == 2
    assert context.get_remaining_time_in_millis() > 0
    assert len(ran) == 1


def test_an_event_is_not_started_if_locking_its_key_took_too_long(
    cloud: Cloud, aws: HangingAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda would end it in the middle of its run."""
    ran: list[object] = []
    function = Function(cloud, ran.append, timeout=TIMEOUT)
    locks = function.worker._store.locks
    take_key = locks.take_key

    def slow(*arguments: Any) -> str:
        aws.clock.wait(1.5)
        return take_key(*arguments)

    monkeypatch.setattr(locks, "take_key", slow)
    emit(HANDLER, 1, key="k")
    assert len(function.poll(Countdown(aws.clock, LAMBDA_TIMEOUT))["batchItemFailures"]) == 1
    make_visible(cloud)
    assert (ran, dead_letters(cloud)) == ([], [])


def test_the_next_invocation_has_its_own_time(cloud: Cloud, aws: HangingAws) -> None:
    table = aws.client("dynamodb")
    function = Function(cloud, str, timeout=TIMEOUT, dynamodb=table)
    emit(HANDLER, 1)
    function.poll(Countdown(aws.clock, LAMBDA_TIMEOUT))
    assert table._end is None
