"""Runs of handlers with a long timeout are on record when they start."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sluice import emit
from sluice.cli.trace_page import attempt_words
from sluice.traces import Trace, TraceStore
from sluice.worker.settings import LONG_RUN

from tests.unit.support.cloud import HANDLER, Cloud, calls_of
from tests.unit.support.faults import FaultyClient, Process
from tests.unit.support.function import Context, Function
from tests.unit.support.polling import make_visible, poll_until_quiet
from tests.unit.support.traces import outcomes

CONTEXT = Context(2 * LONG_RUN * 1000)


def seen(cloud: Cloud, after: float = 0) -> Trace:
    """The one trace as people see it, so many seconds from now."""
    (trace,) = TraceStore(cloud.dynamodb, cloud.names.trace_table, clock=lambda: time.time() + after).recent(HANDLER)
    return trace


def running(cloud: Cloud, after: float = 0) -> int:
    store = TraceStore(cloud.dynamodb, cloud.names.trace_table, clock=lambda: time.time() + after)
    return store.search.failures.counts(since=time.time() - 60).running.get(HANDLER, 0)


def failed(cloud: Cloud, after: float = 0) -> dict[str, int]:
    store = TraceStore(cloud.dynamodb, cloud.names.trace_table, clock=lambda: time.time() + after)
    assert [run.status for run in store.search.failures.runs()] == []
    return dict(store.search.failures.counts(since=time.time() - 60).by_handler)


def test_a_long_run_is_on_record_while_it_runs_and_no_more_once_it_has_ended(cloud: Cloud) -> None:
    def handle(_: object) -> Any:
        trace = seen(cloud)
        return trace.status, trace.started_ms is not None, trace.request_id, running(cloud), failed(cloud)

    function = Function(cloud, handle, timeout=LONG_RUN)
    emit(HANDLER, 1)
    function.poll(CONTEXT)
    assert (seen(cloud).status, seen(cloud).result[:2], seen(cloud).result[3:]) == ("ok", ["running", True], [1, {}])
    assert (running(cloud), failed(cloud)) == (0, {})


def test_a_short_run_costs_no_more_than_before(cloud: Cloud) -> None:
    function = Function(cloud, lambda _: len(cloud.traces(HANDLER)), timeout=LONG_RUN - 1)
    emit(HANDLER, 1)
    to_sqs, to_dynamodb = calls_of(cloud.sqs), calls_of(cloud.dynamodb)
    function.poll(CONTEXT)
    assert seen(cloud).result == 0
    assert [call for call in to_dynamodb if call == "PutItem"] == ["PutItem"]
    assert [call for call in to_sqs if call.startswith("ChangeMessage")] == []


def test_the_event_of_a_process_that_dies_comes_back_soon_after_it_must_be_over(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed: list[Any] = []
    function = Function(cloud, lambda _: function.die(), timeout=LONG_RUN)  # type: ignore[attr-defined]
    emit(HANDLER, 1)
    with monkeypatch.context() as patched:
        patched.setattr(cloud.sqs, "change_message_visibility_batch", lambda **arguments: changed.append(arguments))
        poll_once_and_die(cloud, function)
    ((entry,),) = [arguments["Entries"] for arguments in changed]
    assert CONTEXT.remaining_ms / 1000 < entry["VisibilityTimeout"] <= CONTEXT.remaining_ms / 1000 + 30

    over = CONTEXT.remaining_ms / 1000 + 1
    assert (seen(cloud).status, running(cloud)) == ("running", 1)
    assert list(attempt_words(seen(cloud))) == ["1. running"]
    assert (seen(cloud, over).status, running(cloud, over), failed(cloud, over)) == ("interrupted", 0, {})
    assert list(attempt_words(seen(cloud, over))) == ["1. died: its process left no record of an end"]

    function = Function(cloud, lambda _: "done", timeout=LONG_RUN)
    make_visible(cloud)
    function.poll(CONTEXT)
    assert (seen(cloud).status, outcomes(seen(cloud)), running(cloud)) == ("ok", ["started", "ok"], 0)


def poll_once_and_die(cloud: Cloud, function: Function) -> None:
    """Poll with a function whose process dies in its handler."""
    process = Process()
    function.die = process.die  # type: ignore[attr-defined]
    function.dynamodb = FaultyClient(cloud.dynamodb, process, lambda _: None)
    function.sqs = FaultyClient(cloud.sqs, process, lambda _: None)
    function.worker = function.new_process()
    with pytest.raises(BaseException):  # noqa: B017, PT011 - the process's death
        function.poll(CONTEXT)


@pytest.mark.parametrize("fault", ["refuse", "time-out"])
def test_a_run_starts_also_if_its_start_cannot_be_recorded(cloud: Cloud, fault: str) -> None:
    faults = iter([fault])
    function = Function(cloud, lambda _: "done", timeout=LONG_RUN)
    function.dynamodb = FaultyClient(
        cloud.dynamodb, Process(), lambda name: next(faults, None) if name == "put_item" else None
    )
    function.worker = function.new_process()
    emit(HANDLER, 1)
    assert function.poll(CONTEXT)["batchItemFailures"] == []
    assert (seen(cloud).status, outcomes(seen(cloud))) == ("ok", ["ok"])


def test_five_deaths_are_five_attempts(cloud: Cloud) -> None:
    deaths: list[int] = []

    def handle(_: object) -> None:
        deaths.append(1)
        function.die()  # type: ignore[attr-defined]

    function = Function(cloud, handle, timeout=LONG_RUN)
    emit(HANDLER, 1)
    poll_until_quiet(cloud, function, context=CONTEXT)
    assert len(deaths) == 5
    assert seen(cloud, 10 * LONG_RUN).status == "dead"
