"""A run: its events' parent and hops, and the limit of hops."""

from __future__ import annotations

import json
import threading

import pytest
from sluice import (
    NotInHandlerError,
    SluiceError,
    TooManyHopsError,
    emit,
    emit_many,
    retry,
)
from sluice.emitting import current_run
from sluice.worker.settings import Settings

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.function import Function
from tests.unit.support.polling import poll_until_quiet


def test_a_retry_is_a_new_event_whose_parent_is_the_current_one(cloud: Cloud) -> None:
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
def test_an_endless_loop_ends_at_the_hop_limit_and_its_trace_says_why(cloud: Cloud, swallow: bool) -> None:
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


def test_events_that_a_run_emits_have_it_as_their_parent(cloud: Cloud) -> None:
    cloud.create_queue("audit-log")

    def handle(event: int) -> None:
        emit("audit-log", event)
        thread = threading.Thread(target=lambda: emit_many("audit-log", [event, event]))
        thread.start()
        thread.join()

    function = Function(cloud, handle)
    parent = emit(HANDLER, 7)
    function.poll()
    (trace,) = function.traces()
    assert len(trace.emitted) == trace.emitted_count == 3
    children = Function(cloud, lambda _: None, handler="audit-log")
    children.poll()
    for child in children.traces():
        assert (child.parent, child.hops, child.emitted_by) == (parent, 1, HANDLER)
        assert {"handler": "audit-log", "id": child.id} in trace.emitted


def test_a_trace_lists_a_bounded_number_of_emitted_events(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_run, "MAX_EMITTED_IN_TRACE", 15)
    cloud.create_queue("audit-log")
    function = Function(cloud, lambda _: len(emit_many("audit-log", range(20))))
    emit(HANDLER, {})
    function.poll()
    (trace,) = function.traces()
    assert trace.result == trace.emitted_count == 20
    assert len(trace.emitted) == 15
