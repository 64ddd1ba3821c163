"""Trials: some events of a paused handler run, and nothing else does."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from sluice import emit_many
from sluice.operate.sample import NotPausedError, Tried, all_well, sample_waiting, wait_for_redriven
from sluice.pausing.errors import BlockedError
from sluice.traces import Attempt
from sluice.worker.sample import _record, run_sample

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Context, Function, no_memory
from tests.unit.support.pausing_team import STOPPED, Team
from tests.unit.support.polling import make_visible
from tests.unit.support.traces import a_trace


class Trial:
    """A paused handler, and the function that Lambda invokes for it."""

    def __init__(self, cloud: Cloud, handle: Callable[[Any], Any]) -> None:
        self.cloud = cloud
        self.team = Team()
        self.team.commands("operator").pause(HANDLER, "a storm")
        self.function = Function(cloud, handle)
        self.states: list[Any] = []

    def invoke(self, *, Payload: bytes, **_: Any) -> Any:  # noqa: N803 - boto3's name
        self.states.append(self.team.state)
        assert json.loads(Payload) == {"sample": 1}
        context: Any = Context()
        answer = run_sample(self.function.worker, self.cloud.sqs, self.function.url, HANDLER, context)
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    def run(self, count: int, invoke: Any = None) -> list[Tried]:
        return list(
            sample_waiting(
                HANDLER,
                count,
                states=self.team.states("operator"),
                invoke=invoke or self.invoke,
                store=self.cloud.store,
                sleep=lambda _: None,
            )
        )

    def waiting(self) -> int:
        make_visible(self.cloud)
        return len(self.cloud.messages(HANDLER))


def test_some_events_run_once_while_the_others_wait_and_the_pause_stays(cloud: Cloud) -> None:
    seen: list[int] = []
    trial = Trial(cloud, seen.append)
    emit_many(HANDLER, range(8))
    tried = trial.run(3)
    assert (len(seen), len(tried), all_well(tried)) == (3, 3, True)
    assert trial.states == [(1, "Disabled")] * 3
    assert trial.team.state == STOPPED
    # What ran is done: nobody has to acknowledge it, and the others are as they were.
    assert trial.waiting() == 5


def test_an_event_that_fails_is_shown(cloud: Cloud) -> None:
    def handle(event: int) -> None:
        if event == 1:
            raise ValueError(event)

    trial = Trial(cloud, handle)
    emit_many(HANDLER, range(3))
    tried = trial.run(10)
    assert sorted(one.trace.status for one in tried if one.trace) == ["error", "ok", "ok"]
    assert not all_well(tried)


def test_an_event_that_does_not_reach_its_end_waits_again(cloud: Cloud) -> None:
    trial = Trial(cloud, no_memory)
    emit_many(HANDLER, range(1))
    [one] = trial.run(5)
    assert one.trace is not None
    assert (one.trace.status, one.ended_well) == ("interrupted", False)
    assert trial.waiting() == 1


def test_an_event_whose_function_failed_has_not_ended_well(cloud: Cloud) -> None:
    def fail(**_: Any) -> Any:
        return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b"Runtime.ExitError")}

    trial = Trial(cloud, str)
    emit_many(HANDLER, range(1))
    [one] = trial.run(5, fail)
    assert one.problem is not None
    assert "Runtime.ExitError" in one.problem
    assert not one.ended_well


def test_a_trial_that_is_cut_off_leaves_the_pause_as_it_was(cloud: Cloud) -> None:
    def interrupted(**_: Any) -> Any:
        raise KeyboardInterrupt

    trial = Trial(cloud, str)
    emit_many(HANDLER, range(2))
    with pytest.raises(KeyboardInterrupt):
        trial.run(2, interrupted)
    assert len(cloud.messages(HANDLER)) == 2
    assert trial.team.state == STOPPED


def test_a_message_of_any_sender_reaches_the_handler_as_lambda_would_pass_it(cloud: Cloud) -> None:
    trial = Trial(cloud, str)
    extra: Any = {
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        "text": {"DataType": "String", "StringValue": "x"},
    }
    cloud.sqs.send_message(QueueUrl=trial.function.url, MessageBody="7", MessageAttributes=extra)
    [one] = trial.run(1)
    assert one.trace is not None
    assert (one.trace.event, one.ended_well) == ("7", True)
    [received] = [{"MessageId": "m", "ReceiptHandle": "r", "Body": "7", "Attributes": {}, "MessageAttributes": extra}]
    assert _record(received)["messageAttributes"] == {
        "bytes": {"dataType": "Binary", "binaryValue": "AP8="},
        "text": {"dataType": "String", "stringValue": "x"},
    }


def test_a_handler_that_runs_or_is_blocked_has_no_trial(cloud: Cloud) -> None:
    trial = Trial(cloud, str)
    trial.team.commands("operator").unpause(HANDLER, None)
    emit_many(HANDLER, range(1))
    with pytest.raises(NotPausedError, match="is not paused"):
        trial.run(1)
    trial.team.commands("admin").block(HANDLER, "legal hold")
    with pytest.raises(BlockedError):
        trial.run(1)
    assert len(cloud.messages(HANDLER)) == 1


def redriven(cloud: Cloud, *redrives: int, outcome: str = "ok", **fields: Any) -> str:
    history = tuple(Attempt(outcome=outcome, started_ms=1, redrive=number or None) for number in redrives)
    trace = a_trace(history=history, started_ms=1, **fields)
    cloud.store.put(trace)
    return trace.id


def test_a_redriven_event_has_ended_once_an_attempt_since_then_has(cloud: Cloud) -> None:
    done = redriven(cloud, 0, 1)
    failed = redriven(cloud, 0, 1, outcome="timed-out", status="timed-out")
    before = redriven(cloud, 0, 0, outcome="timed-out", status="dead")
    starts = redriven(cloud, 1, outcome="started", status="interrupted")
    now = iter(range(100))

    def sleep(_: float) -> None:
        next(now)

    ids = dict.fromkeys((done, failed, before, starts), 1)
    tried = list(wait_for_redriven(cloud.store, HANDLER, ids, patience=5, clock=lambda: next(now), sleep=sleep))
    assert [(one.event_id, one.ended_well) for one in tried] == [
        (done, True),
        (failed, False),
        (before, False),
        (starts, False),
    ]
    assert [one.problem for one in tried[2:]] == ["it has not ended yet"] * 2
