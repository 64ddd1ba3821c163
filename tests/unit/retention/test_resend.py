"""Events that have run to their end, and lie in a queue all the same: their process died before it said so."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice import emit
from sluice.queue import transfer
from sluice.retention import resend
from sluice.retention.budget import Budget
from sluice.retention.state import SweepState
from sluice.retention.sweep import Queue, begin
from sluice.traces import TraceStore

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.fake_lambda import refused
from tests.unit.support.function import Function
from tests.unit.support.polling import make_visible, poll_once, poll_until_quiet

DAY = 86_400
MONTH = (5, 10, 15, 20, 25, 30)
"""The days of a pause on which what waits is sent again."""


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "WAIT_SECONDS", 0)


def paused_for_a_month(cloud: Cloud, function: Function, traces: TraceStore) -> None:
    """What the reconciler does meanwhile, and DynamoDB, which deletes the traces."""
    for day in MONTH:
        make_visible(cloud)
        now_ms = int((time.time() + day * DAY) * 1000)
        resend.resend_waiting(
            Queue(cloud.sqs, function.url, HANDLER), begin(SweepState(), now_ms), Budget(1000, lambda: False), traces
        )
    for item in cloud.dynamodb.scan(TableName=cloud.names.trace_table)["Items"]:
        key: Any = {name: item[name] for name in ("pk", "sk")}
        cloud.dynamodb.delete_item(TableName=cloud.names.trace_table, Key=key)


def beside_poison(cloud: Cloud) -> tuple[Function, list[object]]:
    ran: list[object] = []

    def handle(event: object) -> None:
        ran.append(event)
        if ran == ["good", "poison"]:
            made.die()

    made: Any = Function(cloud, handle)
    for event in ("good", "poison"):
        emit(HANDLER, event)
    poll_once(cloud, made)
    assert ran == ["good", "poison"]
    return made, ran


def test_a_pause_that_outlives_its_trace_does_not_make_it_run_again(cloud: Cloud) -> None:
    function, ran = beside_poison(cloud)
    paused_for_a_month(cloud, function, cloud.store)
    poll_until_quiet(cloud, function)
    assert ran == ["good", "poison", "poison"]


class Unreadable:
    """Traces that cannot be read just now."""

    def completed(self, *_: object) -> set[str]:
        raise refused("ProvisionedThroughputExceededException", "BatchGetItem")


def test_as_long_as_nothing_tells_it_stays(cloud: Cloud) -> None:
    function, _ = beside_poison(cloud)
    traces: Any = Unreadable()
    make_visible(cloud)
    now_ms = int((time.time() + 5 * DAY) * 1000)
    queue = Queue(cloud.sqs, function.url, HANDLER)
    with pytest.raises(ClientError):
        resend.resend_waiting(queue, begin(SweepState(), now_ms), Budget(1000, lambda: False), traces)
    make_visible(cloud)
    assert sorted(message["Body"] for message in cloud.messages(HANDLER)) == ['"good"', '"poison"']


def test_which_have_ended(cloud: Cloud) -> None:
    function = Function(cloud, lambda event: 1 / event)
    ids = [emit(HANDLER, event) for event in (1, 0)]
    poll_until_quiet(cloud, function)
    waiting = emit(HANDLER, 2)
    assert cloud.store.completed(HANDLER, [*ids, waiting]) == set(ids)
