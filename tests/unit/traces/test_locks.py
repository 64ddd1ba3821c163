from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sluice import (
    InvalidKeyError,
    NotInHandlerError,
    SluiceError,
    TooManyHopsError,
    emit,
    emit_many,
    retry,
)
from sluice.stage import clients
from sluice.traces import TraceStore
from sluice.worker.settings import Settings

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.faults import FaultyClient, Process
from tests.unit.support.function import Function
from tests.unit.support.polling import dead_letters, make_visible, poll_until_quiet


def test_a_retry_is_a_new_event_with_the_present_one_as_parent(cloud: Cloud) -> None:
    def handle(event: dict[str, int]) -> str:
        if event["try"] < 3:
            return retry({"try": event["try"] + 1}, delay=30)
        return "done"

    function = Function(cloud, handle, batch_size=1)
    first = emit(HANDLER, {"try": 1})
    poll_until_quiet(cloud, function)
    newest, middle, oldest = function.traces()
    assert [json.loads(trace.event)["try"] for trace in (oldest, middle, newest)] == [1, 2, 3]
    assert (oldest.id, middle.parent, newest.parent) == (first, oldest.id, middle.id)
    assert [trace.hops for trace in (oldest, middle, newest)] == [0, 1, 2]
    assert [trace.status for trace in (oldest, middle, newest)] == ["ok"] * 3
    assert oldest.emitted == ({"handler": HANDLER, "id": middle.id},)


def test_retry_outside_of_a_handler_is_refused(cloud: Cloud) -> None:
    with pytest.raises(NotInHandlerError, match="emit the event"):
        retry({})


@pytest.mark.parametrize("swallow", [False, True])
def test_an_endless_loop_ends_at_the_hop_limit_with_a_clear_trace(cloud: Cloud, swallow: bool) -> None:
    def handle(event: int) -> None:
        try:
            retry(event + 1)
        except SluiceError:
            if not swallow:
                raise

    function = Function(cloud, handle, batch_size=1)
    function.settings = Settings(stage=STAGE, handler=HANDLER, timeout=5, trace_days=1, max_hops=7)
    emit(HANDLER, 0)
    poll_until_quiet(cloud, function)
    traces = function.traces()
    assert len(traces) == 8
    last = traces[0]
    assert last.hops == 7
    if not swallow:
        assert last.status == "error"
        assert last.error is not None
        assert last.error["type"] == "sluice.errors.TooManyHopsError"
        assert "chain of 7 emits" in last.error["message"]
        assert "max_hops in app.py" in last.error["message"]


def test_the_hop_limit_holds_for_every_way_to_emit(cloud: Cloud) -> None:
    raised: list[type[BaseException]] = []

    def handle(_: object) -> None:
        for call in (lambda: emit("x", 1), lambda: emit_many("x", [1, 2]), lambda: retry(1)):
            try:
                call()
            except TooManyHopsError as error:
                raised.append(type(error))

    function = Function(cloud, handle)
    function.settings = Settings(stage=STAGE, handler=HANDLER, timeout=5, trace_days=1, max_hops=0)
    function.worker = function.new_process()
    emit(HANDLER, 0)
    function.poll()
    assert len(raised) == 3


# ---- keys


def test_of_events_with_the_same_key_one_runs(cloud: Cloud) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append)
    event_ids = [emit(HANDLER, number, key="order-17") for number in range(5)]
    emit(HANDLER, "other", key="order-18")
    emit(HANDLER, "none")
    poll_until_quiet(cloud, function)
    assert sorted(map(str, ran)) == sorted([str(ran[0]), "none", "other"])
    traces = {trace.id: trace for trace in function.traces()}
    assert len(traces) == 7
    runner = event_ids[int(str(ran[0]))]
    for event_id in event_ids:
        expected = (None, 1) if event_id == runner else (runner, 0)
        assert (traces[event_id].duplicate_of, traces[event_id].attempts) == expected
        assert traces[event_id].status == "ok"


def test_a_key_counts_for_its_handler_alone(cloud: Cloud) -> None:
    cloud.create_queue("audit-log")
    ran: list[str] = []
    for handler in (HANDLER, "audit-log"):
        emit(handler, handler, key="order-17")
        Function(cloud, ran.append, handler=handler).poll()
    assert ran == [HANDLER, "audit-log"]


def test_after_its_window_a_key_is_free_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    store = TraceStore(cloud.dynamodb, cloud.names.trace_table, clock=lambda: now)
    assert store.locks.take_key(HANDLER, "k", "a", 60) == "a"
    assert store.locks.take_key(HANDLER, "k", "b", 60) == "a"
    assert store.locks.take_key(HANDLER, "k", "a", 60) == "a"
    now += 60
    assert store.locks.take_key(HANDLER, "k", "b", 60) == "b"


def test_a_window_is_not_shorter_for_the_second_that_it_begins_in(cloud: Cloud) -> None:
    now = 1_000_000.9
    store = TraceStore(cloud.dynamodb, cloud.names.trace_table, clock=lambda: now)
    assert store.locks.take_key(HANDLER, "k", "a", 1) == "a"
    now += 0.9
    assert store.locks.take_key(HANDLER, "k", "b", 1) == "a"


def test_an_event_with_a_key_that_did_not_end_is_tried_again(cloud: Cloud) -> None:
    """The key is its own: it is no duplicate of itself."""
    starts: list[object] = []

    def handle(event: object) -> None:
        starts.append(event)
        if len(starts) < 3:
            raise MemoryError

    function = Function(cloud, handle)
    emit(HANDLER, 1, key="k")
    poll_until_quiet(cloud, function)
    assert starts == [1, 1, 1]
    assert function.traces()[0].status == "ok"


def test_an_event_whose_key_cannot_be_claimed_waits(cloud: Cloud) -> None:
    ran: list[object] = []
    down = True
    function = Function(
        cloud, ran.append, dynamodb=FaultyClient(cloud.dynamodb, Process(), lambda _: "refuse" if down else None)
    )
    emit(HANDLER, 1, key="k")
    for _ in range(7):
        make_visible(cloud)
        function.poll()
    assert ran == []
    down = False
    for _ in range(2):
        make_visible(cloud)
        function.poll()
    assert ran == [1]
    assert dead_letters(cloud) == []


def test_events_without_a_key_pay_nothing_for_keys(cloud: Cloud) -> None:
    function = Function(cloud, lambda _: None)
    emit(HANDLER, 1)
    calls: list[str] = []
    cloud.dynamodb.meta.events.register("before-call", lambda model, **_: calls.append(model.name))
    function.poll()
    assert calls == ["PutItem"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"key": ""}, "1 to 256"),
        ({"key": "x" * 257}, "1 to 256"),
        ({"key": "a\nb"}, "printable"),
        ({"key": 7}, "printable"),
        ({"key": "k", "key_window": timedelta(0)}, "key_window"),
        ({"key": "k", "key_window": timedelta(days=400)}, "key_window"),
        ({"key": "k", "key_window": 60}, "key_window=60: give a timedelta"),
    ],
)
def test_keys_that_cannot_be_are_refused(cloud: Cloud, arguments: Any, why: str) -> None:
    with pytest.raises(InvalidKeyError, match=why):
        emit(HANDLER, 1, **arguments)
    assert cloud.messages(HANDLER) == []


def test_the_worker_uses_the_clients_of_its_stage(cloud: Cloud) -> None:
    assert clients.sqs(STAGE) is clients.sqs(STAGE)
