from __future__ import annotations

import random
import time
from typing import Any

import pytest
from sluice import emit
from sluice.queue.message import ReceivedMessage
from sluice.traces import Attempt, Trace
from sluice.worker import attempts
from sluice.worker.attempts import (
    LONGEST_DELAY,
    MAX_HISTORY,
    Plan,
    Step,
    is_last_attempt,
    plan,
    retry_delay,
    with_end,
    with_start,
)
from sluice.worker.run_handler import NotLoadedError

from tests.unit.support import traces
from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Context, Function, no_memory
from tests.unit.support.polling import dead_letters, make_visible, poll_until_quiet
from tests.unit.support.traces import outcomes, unfinished

# ---- what counts


def redelivered(sent_ms: int, receives: int = 2) -> ReceivedMessage:
    attributes = {"ApproximateReceiveCount": str(receives), "SentTimestamp": str(sent_ms)}
    return ReceivedMessage.from_lambda(
        {"messageId": "m", "receiptHandle": "r", "body": "1", "attributes": attributes}, HANDLER
    )


def test_a_redelivered_event_without_a_recorded_start_has_had_one_attempt() -> None:
    decided = plan(redelivered(100_000), None)
    assert (decided.step, decided.used, outcomes_of(decided)) == (Step.RUN, 1, ["no-record"])


def outcomes_of(decided: Plan) -> list[str]:
    return [attempt.outcome for attempt in decided.history]


@pytest.mark.parametrize(
    ("receives", "starts", "step"),
    [
        (2, 1, Step.RUN),
        (3, 1, Step.RUN),
        (4, 1, Step.PUT_BACK),
        (4, 2, Step.PUT_BACK),
        (4, 3, Step.RUN),
        (5, 3, Step.PUT_BACK),
        (5, 4, Step.RUN),
        (5, 5, Step.GIVE_UP),
    ],
)
def test_receives_without_a_start_are_not_attempts(receives: int, starts: int, step: Step) -> None:
    decided = plan(redelivered(0, receives), unfinished(*range(starts)))
    assert (decided.step, decided.used) == (step, starts)


@pytest.mark.parametrize("starts", [1, 5])
def test_a_completed_event_is_acknowledged(starts: int) -> None:
    prior = unfinished(*range(starts), status="ok")
    assert plan(redelivered(0, 5), prior).step is Step.ACKNOWLEDGE


def test_attempts_before_the_message_was_sent_do_not_count() -> None:
    """Those are the attempts before AWS's own redrive."""
    prior = unfinished(*range(5))
    decided = plan(redelivered(100_000), prior)
    assert (decided.step, decided.used) == (Step.RUN, 1)  # the first delivery, which left no record
    assert len(decided.history) == 6

    again = traces.with_start(prior, 100_001)
    assert plan(redelivered(100_000), again) == Plan(Step.RUN, again.history, 1, again)
    assert plan(redelivered(0), prior).step is Step.GIVE_UP


def test_an_event_that_kills_its_process_is_started_five_times(cloud: Cloud) -> None:
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


# ---- the limit


def too_slow(_: object) -> None:
    time.sleep(60)


@pytest.mark.parametrize(
    ("handle", "outcome", "timeout"), [(no_memory, "interrupted", 10), (too_slow, "timed-out", 0.05)]
)
def test_an_event_that_never_reaches_its_end_is_started_five_times_and_is_dead(
    cloud: Cloud, handle: Any, outcome: str, timeout: float
) -> None:
    function = Function(cloud, handle, timeout=timeout)
    event_id = emit(HANDLER, {"order": 1})
    poll_until_quiet(cloud, function)
    (trace,) = function.traces()
    assert (trace.id, trace.status, trace.attempts) == (event_id, "dead", 5)
    assert outcomes(trace) == [outcome] * 5
    assert trace.error is not None
    assert dead_letters(cloud) == ['{"order":1}']


def test_a_handler_that_cannot_be_imported_costs_an_attempt_and_its_trace_says_why(cloud: Cloud) -> None:
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


# ---- the delay


def test_the_delay_is_up_to_5_s_then_15_s_then_45_s() -> None:
    class Most(random.Random):
        def uniform(self, _: float, b: float) -> float:
            return b

    assert [retry_delay(used, Most()) for used in range(6)] == [5, 5, 15, 45, 45, 45]


def test_each_retry_comes_later_than_the_one_before_with_jitter(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_redelivered_event_whose_process_dies_is_delivered_soon_after_the_invocation(
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


# ---- putting back


def test_an_event_that_was_received_but_never_started_is_put_back(cloud: Cloud) -> None:
    """Lambda is throttled: no process sees these receives."""
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


def test_an_event_that_was_put_back_too_often_is_started_instead(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MAX_TOTAL_RECEIVES", 4)
    ran: list[object] = []
    function = Function(cloud, ran.append, batch_size=1)
    emit(HANDLER, 1)
    for _ in range(2):
        for _ in range(3):
            make_visible(cloud)
            function.receive()
        make_visible(cloud)
        function.poll()
    assert ran == [1]


# ---- recording


def test_a_start_is_added_to_the_history_and_its_end_replaces_it() -> None:
    decided = plan(redelivered(0), unfinished(1))
    started = with_start(decided, started_ms=7, request_id="r", redrives=0)
    assert started[1] == Attempt(outcome="started", started_ms=7, request_id="r")
    assert with_end(started, "timed-out", "why") == (
        started[0],
        Attempt(outcome="timed-out", started_ms=7, request_id="r", reason="why"),
    )
    assert with_start(None, started_ms=7, request_id="r", redrives=2)[0].redrive == 2


def test_the_fifth_attempt_is_the_last() -> None:
    assert [used for used in range(7) if is_last_attempt(used)] == [4, 5, 6]


@pytest.mark.parametrize("attempts", [1, 3, MAX_HISTORY + 1])
def test_one_of_two_deliveries_that_read_the_same_trace_starts(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, attempts: int
) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append, batch_size=1)
    now = int(time.time() * 1000)
    cloud.store.put(unfinished(*range(attempts - 1), now, id=emit(HANDLER, 1)))
    function.receive()
    make_visible(cloud)
    store = function.worker._store
    real = store.get

    def overtaken(handler: str, event_id: str) -> Trace | None:
        prior = real(handler, event_id)
        assert prior is not None
        assert cloud.store.put_start(traces.with_start(prior, now + 5), prior)
        return prior

    monkeypatch.setattr(store, "get", overtaken)
    assert len(function.poll()["batchItemFailures"]) == 1
    assert ran == []


def test_an_event_that_cannot_have_its_full_time_is_not_started(cloud: Cloud) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append, timeout=30)
    emit(HANDLER, 1)
    assert len(function.poll(Context(remaining_ms=31_000))["batchItemFailures"]) == 1
    assert ran == []
