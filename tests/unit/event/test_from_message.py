"""Messages that anybody may send: none stops the worker, and none goes round for ever."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sluice import emit
from sluice.event.envelope import ATTRIBUTE, LAST_MS, Envelope, from_text
from sluice.event.ids import new_id
from sluice.event.scheduled_envelope import wrap
from sluice.event.ticks import EMITTED_BY
from sluice.lean_aws.errors import CallError, NotReachedError
from sluice.queue.dead_letters import DeadLetters
from sluice.traces.trace import iso
from sluice.worker import attempts

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.faults import FaultyClient, Process
from tests.unit.support.function import Function
from tests.unit.support.polling import dead_letters, make_visible, poll_until_quiet

LAST_ID = "ffffffff-ffff-7fff-8fff-ffffffffffff"


def send(cloud: Cloud, body: str, envelope: Envelope | None = None) -> None:
    url = cloud.sqs.get_queue_url(QueueName=cloud.names.queue(HANDLER))["QueueUrl"]
    attributes: Any = envelope and {ATTRIBUTE: {"DataType": "String", "StringValue": envelope.to_text()}}
    cloud.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes or {})


def test_an_id_whose_time_no_calendar_has_is_an_id(cloud: Cloud) -> None:
    ran: list[object] = []
    send(cloud, wrap("1", Envelope(id=LAST_ID, emitted_ms=1, emitted_by=EMITTED_BY)))
    function = Function(cloud, ran.append)
    function.receive()
    make_visible(cloud)
    assert function.poll()["batchItemFailures"] == []
    assert ran == [1]


def test_times_that_no_calendar_has_make_an_envelope_of_nobodys(cloud: Cloud) -> None:
    function = Function(cloud, lambda event: event)
    send(cloud, "1", Envelope(id=new_id(), emitted_ms=LAST_MS + 1))
    send(cloud, "2", Envelope(id=new_id(), emitted_ms=LAST_MS))
    function.poll()
    printed = {trace.event: json.loads(trace.to_json())["emitted_at"] for trace in function.traces()}
    assert printed["1"] < "9999" < printed["2"] == "9999-12-31T23:59:59.999Z"
    assert iso(LAST_MS + 1) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"emitted_by": "x" * 513},
        {"key": "x" * 513, "window": 1},
        {"claimant": "x" * 513},
        {"attempts_since_ms": LAST_MS + 1},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_an_envelope_that_no_emit_makes_is_not_ours(fields: dict[str, Any]) -> None:
    sound: dict[str, Any] = {name: value[:512] if isinstance(value, str) else LAST_MS for name, value in fields.items()}
    assert from_text(Envelope(id=new_id(), emitted_ms=1, **sound).to_text()) is not None
    assert from_text(Envelope(id=new_id(), emitted_ms=1, **fields).to_text()) is None


def test_a_name_too_long_for_any_trace_stops_nothing(cloud: Cloud) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append)
    send(cloud, "1", Envelope(id=new_id(), emitted_ms=1, emitted_by="\x00\U0001f600" * 100_000))
    function.receive()
    make_visible(cloud)
    function.poll()
    assert ran == [1]


# ---- what can never start


def refusing(cloud: Cloud, error: Exception) -> Any:
    """A table that answers every write so."""

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


def test_an_event_that_can_never_start_is_left_for_dead_after_many_receives(
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
def test_while_aws_cannot_be_had_an_event_waits_however_long(
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
