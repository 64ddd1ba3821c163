"""Events that can't be started: they wait while AWS is out of reach, or become dead letters after many receives."""

from __future__ import annotations

from typing import Any

import pytest
from sluice import emit
from sluice.lean_aws.errors import CallError, NotReachedError
from sluice.queue.dead_letters import DeadLetters
from sluice.worker import attempts

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.faults import FaultyClient, Process
from tests.unit.support.function import Function
from tests.unit.support.polling import dead_letters, make_visible, poll_until_quiet


def refusing(cloud: Cloud, error: Exception) -> Any:
    """Return a table that answers every write with the error."""

    class Refusing(FaultyClient):
        def __getattr__(self, name: str) -> Any:
            def refuse(**_: Any) -> Any:
                raise error

            return refuse if name == "put_item" else super().__getattr__(name)

    return Refusing(cloud.dynamodb, Process(), lambda _: None)


def polls(cloud: Cloud, function: Function, limit: int) -> int:
    for number in range(limit):
        make_visible(cloud)
        if not function.poll()["records"]:
            return number
    return limit


def test_an_event_that_can_never_start_is_a_dead_letter_after_many_receives(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "MAX_RECEIVES", 12)
    ran: list[object] = []
    wrong = CallError("PutItem", "ValidationException", "Item size has exceeded the maximum")
    function = Function(cloud, ran.append, dynamodb=refusing(cloud, wrong), batch_size=1)
    event_id = emit(HANDLER, 1, key="k")
    assert 12 < polls(cloud, function, 40) < 20
    assert ran == []
    letter, _ = DeadLetters(cloud.sqs, cloud.names, HANDLER).find(event_id)
    assert letter is not None
    assert letter.envelope.key == "k"

    # A redrive begins anew.
    make_visible(cloud, f"{HANDLER}-dead")
    DeadLetters(cloud.sqs, cloud.names, HANDLER).redrive()
    poll_until_quiet(cloud, Function(cloud, ran.append))
    assert ran == [1]


@pytest.mark.parametrize(
    "error",
    [
        NotReachedError("PutItem", "TimeoutError", "timed out"),
        CallError("PutItem", "ThrottlingException", "slow down"),
        CallError("PutItem", "AccessDeniedException", "not authorized"),
    ],
)
def test_an_event_waits_for_as_long_as_aws_is_out_of_reach(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(attempts, "MAX_RECEIVES", 12)
    function = Function(cloud, str, dynamodb=refusing(cloud, error), batch_size=1)
    emit(HANDLER, 1, key="k")
    assert polls(cloud, function, 40) == 40
    make_visible(cloud)
    assert len(cloud.messages(HANDLER)) == 1
    assert dead_letters(cloud) == []


def test_an_event_that_was_put_back_too_often_is_started_instead(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MAX_RECEIVES", 4)
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
