from __future__ import annotations

import json
import time
from typing import Any

import pytest
from sluice import emit, emit_many
from sluice.traces import Attempt, Trace
from sluice.worker.attempts import LONGEST_DELAY
from sluice.worker.run_handler import NotLoadedError

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Context, Function, no_memory
from tests.unit.support.polling import dead_letters, make_visible, poll_once, poll_until_quiet


def by_event(function: Function) -> dict[Any, Trace]:
    return {json.loads(trace.event): trace for trace in function.traces()}


def outcomes(trace: Trace) -> list[str]:
    return [attempt.outcome for attempt in trace.history]


def calls_of(client: Any) -> list[str]:
    calls: list[str] = []
    client.meta.events.register("before-call", lambda model, **_: calls.append(model.name))
    return calls


# ---- what it costs


def test_a_first_delivery_is_one_write_and_no_read(cloud: Cloud) -> None:
    function = Function(cloud, lambda event: event)
    emit_many(HANDLER, range(10))
    records = function.receive()
    of_traces, of_queue = calls_of(cloud.dynamodb), calls_of(cloud.sqs)
    function.worker.handle({"Records": records}, Context())  # type: ignore[arg-type]
    assert of_traces == ["PutItem"] * 10
    assert of_queue == []


def test_a_completion_is_written_before_the_next_event_starts(cloud: Cloud) -> None:
    seen: list[int] = []

    def handle(_: object) -> None:
        seen.append(len(cloud.store.recent(HANDLER, limit=100)))

    function = Function(cloud, handle)
    emit_many(HANDLER, range(4))
    function.poll()
    assert seen == [0, 1, 2, 3]


def test_a_redelivered_event_that_completed_is_acknowledged_with_one_read(cloud: Cloud) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append)
    emit(HANDLER, 1)
    records = function.receive()
    function.worker.handle({"Records": records}, Context())  # type: ignore[arg-type]
    make_visible(cloud)
    calls = calls_of(cloud.dynamodb)
    assert function.poll()["batchItemFailures"] == []
    assert (ran, calls) == ([1], ["GetItem"])
    assert cloud.messages(HANDLER) == []


# ---- what makes an event run again, and for how long


def too_slow(_: object) -> None:
    time.sleep(60)


@pytest.mark.parametrize(("handle", "outcome"), [(no_memory, "interrupted"), (too_slow, "timed-out")])
def test_what_never_ends_is_started_five_times_and_is_dead(cloud: Cloud, handle: Any, outcome: str) -> None:
    function = Function(cloud, handle, timeout=0.05)
    event_id = emit(HANDLER, {"order": 1})
    poll_until_quiet(cloud, function)
    (trace,) = function.traces()
    assert (trace.id, trace.status, trace.attempts) == (event_id, "dead", 5)
    assert outcomes(trace) == [outcome] * 5
    assert trace.error is not None
    assert dead_letters(cloud) == ['{"order":1}']


def test_a_handler_that_cannot_be_imported_costs_attempts_and_says_why(cloud: Cloud) -> None:
    function = Function(cloud, lambda _: None)

    def load() -> Any:
        raise NotLoadedError("handlers.send_receipt") from ModuleNotFoundError("No module named 'stripe'")

    function.worker._load = load
    emit(HANDLER, 1)
    assert len(function.poll()["batchItemFailures"]) == 1
    (trace,) = function.traces()
    assert trace.status == "interrupted"
    assert trace.error is not None
    assert trace.error["message"] == "No module named 'stripe'"
    assert trace.history[0].reason == "handlers.send_receipt could not be imported"

    make_visible(cloud)
    function.worker._load = lambda: str
    function.poll()
    (trace,) = function.traces()
    assert (trace.status, trace.result, outcomes(trace)) == ("ok", "1", ["interrupted", "ok"])


def test_a_retry_comes_later_each_time_and_never_at_the_same_moment(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays: list[float] = []
    function = Function(cloud, no_memory)
    queue = function.worker._queue
    real = queue.return_after

    def spy(deliveries: Any, seconds: Any) -> None:
        delays.extend(seconds)
        real(deliveries, seconds)

    monkeypatch.setattr(queue, "return_after", spy)
    emit(HANDLER, 1)
    for attempt in range(1, 6):
        delays.clear()
        make_visible(cloud)
        function.poll()
        if attempt < 5:
            longest = min(LONGEST_DELAY, 5 * 3 ** (attempt - 1))
            assert longest / 2 <= delays[-1] <= longest
            assert delays[-1] != longest
        else:
            assert delays[-1] == 0  # nothing to wait for: SQS moves it to the dead-letter queue


def test_a_redelivered_event_whose_process_dies_comes_back_soon_after_the_invocation(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = Function(cloud, lambda _: None)
    emit(HANDLER, 1)
    function.receive()
    make_visible(cloud)
    changed: list[Any] = []
    monkeypatch.setattr(cloud.sqs, "change_message_visibility_batch", lambda **arguments: changed.append(arguments))
    function.worker.handle({"Records": function.receive()}, Context(remaining_ms=20_000))  # type: ignore[arg-type]
    (entry,) = changed[0]["Entries"]
    assert 20 < entry["VisibilityTimeout"] <= 20 + 15


# ---- poison


@pytest.mark.parametrize("poisons", [{3}, {0}, {9}, {0, 4, 9}, {1, 2, 3, 4, 5, 6}, set(range(10))])
def test_events_that_kill_their_process_cost_their_neighbours_nothing(cloud: Cloud, poisons: set[int]) -> None:
    starts: list[int] = []

    def handle(event: int) -> int:
        starts.append(event)
        if event in poisons:
            function.die()  # type: ignore[attr-defined]
        return event

    function = Function(cloud, handle)
    emit_many(HANDLER, range(10))
    poll_until_quiet(cloud, function, limit=200)
    traces = by_event(function)
    for event in range(10):
        trace = traces[event].as_of(2**60)
        if event in poisons:
            assert (trace.status, trace.attempts) == ("dead", 5), event
            assert starts.count(event) <= 5
        else:
            assert trace.status == "ok"
            assert starts.count(event) == 1
    assert sorted(map(int, dead_letters(cloud))) == sorted(poisons)


def test_what_is_known_to_kill_its_process_runs_last(cloud: Cloud) -> None:
    done: list[int] = []

    def handle(event: int) -> None:
        if event == 0:
            function.die()  # type: ignore[attr-defined]
        done.append(event)

    function = Function(cloud, handle)
    emit_many(HANDLER, range(4))
    for _ in range(3):
        poll_once(cloud, function)
    assert sorted(done) == [1, 2, 3]


def test_an_event_that_completes_on_its_last_receive_is_safe_from_what_follows_it(cloud: Cloud) -> None:
    """The batch response, which would acknowledge it, never comes."""

    def handle(event: str) -> None:
        if event == "poison":
            function.die()  # type: ignore[attr-defined]

    function = Function(cloud, handle)
    for event, receives in (("late", 4), ("poison", 1)):
        event_id = emit(HANDLER, event)
        four = (Attempt(outcome="interrupted", started_ms=int(time.time() * 1000)),) * 4
        cloud.store.put(
            Trace(id=event_id, handler=HANDLER, status="interrupted", event=json.dumps(event), history=four)
        )
        for receive in range(receives):
            assert len(function.receive()) == 1
            if receive < receives - 1:
                make_visible(cloud)
    poll_once(cloud, function)
    poll_until_quiet(cloud, function)
    assert by_event(function)["late"].status == "ok"
    assert dead_letters(cloud) == ['"poison"']


def test_a_lonely_poison_is_started_exactly_five_times(cloud: Cloud) -> None:
    starts: list[object] = []

    def handle(event: object) -> None:
        starts.append(event)
        function.die()  # type: ignore[attr-defined]

    function = Function(cloud, handle, batch_size=1)
    emit(HANDLER, "boom")
    poll_until_quiet(cloud, function)
    (trace,) = function.traces()
    assert (len(starts), trace.as_of(2**60).status) == (5, "dead")
    assert outcomes(trace) == ["no-record", "started", "started", "started", "started"]
    assert dead_letters(cloud) == ['"boom"']


def test_an_event_that_was_received_but_never_started_is_put_back(cloud: Cloud) -> None:
    """As when Lambda is throttled: receives that no process ever saw."""
    ran: list[object] = []
    function = Function(cloud, ran.append, batch_size=1)
    event_id = emit(HANDLER, {"n": 1})
    for _ in range(3):
        assert function.receive()
        make_visible(cloud)
    assert function.poll()["batchItemFailures"] == []
    assert ran == []
    assert poll_until_quiet(cloud, function) == 1
    assert ran == [{"n": 1}]
    (trace,) = function.traces()
    assert (trace.id, trace.status) == (event_id, "ok")
    assert dead_letters(cloud) == []


def test_a_foreign_message_that_is_put_back_keeps_its_id_time_and_attributes(cloud: Cloud) -> None:
    function = Function(cloud, lambda _: None, batch_size=1)
    cloud.sqs.send_message(
        QueueUrl=function.url,
        MessageBody="hello",
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "x"},
            "blob": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
            "n": {"DataType": "Number", "StringValue": "7"},
        },
    )
    first = function.receive()[0]
    for _ in range(2):
        make_visible(cloud)
        function.receive()
    make_visible(cloud)
    function.poll()
    make_visible(cloud)
    (copy,) = cloud.messages(HANDLER)
    assert copy["Body"] == "hello"
    assert copy["MessageAttributes"]["kind"]["StringValue"] == "x"
    assert copy["MessageAttributes"]["blob"]["BinaryValue"] == b"\x00\x01"
    assert copy["MessageAttributes"]["n"] == {"DataType": "Number", "StringValue": "7"}
    envelope = json.loads(copy["MessageAttributes"]["sluice"]["StringValue"])
    assert envelope["at"] == int(first["attributes"]["SentTimestamp"])
    assert envelope["receives"] == 4


def test_an_event_that_cannot_get_its_full_time_is_given_back_unstarted(cloud: Cloud) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append, timeout=30)
    emit(HANDLER, 1)
    assert len(function.poll(Context(remaining_ms=31_000))["batchItemFailures"]) == 1
    assert ran == []
