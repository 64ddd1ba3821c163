from __future__ import annotations

import json
from typing import Any

import pytest
from sluice import emit, emit_many
from sluice.event.ids import id_of_message
from sluice.queue import transfer
from sluice.queue.dead_letters import DeadLetters, Redriven
from sluice.queue.message import ReceivedMessage

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.dead import bury
from tests.unit.support.function import Function, no_memory
from tests.unit.support.polling import dead_letters, make_visible, poll_until_quiet


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "WAIT_SECONDS", 0)


def letters_of(cloud: Cloud) -> DeadLetters:
    return DeadLetters(cloud.sqs, cloud.names, HANDLER)


def listed(letters: DeadLetters) -> list[ReceivedMessage]:
    found: list[ReceivedMessage] = []
    assert letters.each(found.append) == 0
    return found


def kill(cloud: Cloud) -> None:
    """Have every event in the queue use up its attempts."""
    poll_until_quiet(cloud, Function(cloud, no_memory))


def test_a_listing_is_complete_and_moves_nothing(cloud: Cloud) -> None:
    event_ids = bury(cloud, 57)
    progress: list[tuple[int, int]] = []
    for _ in range(2):
        letters: list[ReceivedMessage] = []
        assert letters_of(cloud).each(letters.append, lambda done, about: progress.append((done, about))) == 0
        assert sorted(letter.envelope.id for letter in letters) == sorted(event_ids)
    assert progress[-1] == (57, 57)
    assert sorted(map(int, dead_letters(cloud))) == list(range(57))


def test_redriven_events_keep_id_and_time_and_get_five_attempts(cloud: Cloud) -> None:
    starts: list[object] = []
    event_id = emit(HANDLER, {"order": 1})
    kill(cloud)
    before = cloud.store.get(HANDLER, event_id)
    assert before is not None
    assert letters_of(cloud).redrive() == Redriven(1)
    assert letters_of(cloud).count() == 0

    def handle(event: object) -> None:
        starts.append(event)
        raise MemoryError

    poll_until_quiet(cloud, Function(cloud, handle))
    assert len(starts) == 5
    after = cloud.store.get(HANDLER, event_id)
    assert after is not None
    assert (after.status, after.attempts, after.emitted_ms) == ("dead", 10, before.emitted_ms)

    assert letters_of(cloud).redrive(event_id) == Redriven(1)
    function = Function(cloud, lambda event: event)
    poll_until_quiet(cloud, function)
    done = cloud.store.get(HANDLER, event_id)
    assert done is not None
    assert (done.status, done.attempts, done.result) == ("ok", 11, {"order": 1})
    assert dead_letters(cloud) == []


def test_one_event_is_redriven_alone(cloud: Cloud) -> None:
    event_ids = bury(cloud, 25)
    assert letters_of(cloud).redrive(event_ids[17]) == Redriven(1)
    assert letters_of(cloud).redrive("no-such-event") == Redriven(0)
    make_visible(cloud)
    assert [message["Body"] for message in cloud.messages(HANDLER)] == ["17"]
    assert letters_of(cloud).count() == 24
    assert len(listed(letters_of(cloud))) == 24


def test_a_foreign_message_keeps_body_attributes_and_id(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    url = cloud.sqs.get_queue_url(QueueName=cloud.names.queue(HANDLER))["QueueUrl"]
    sent = cloud.sqs.send_message(
        QueueUrl=url,
        MessageBody="not json",
        MessageAttributes={"blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}},
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3f"}},
    )
    kill(cloud)
    (letter,) = listed(letters_of(cloud))
    assert json.loads(letter.event_json) == "not json"
    entries: list[Any] = []
    real = cloud.sqs.send_message_batch

    def spy(**sent: Any) -> Any:
        entries.extend(sent["Entries"])
        return real(**sent)

    monkeypatch.setattr(cloud.sqs, "send_message_batch", spy)
    letters_of(cloud).redrive()
    (message,) = cloud.messages(HANDLER)
    assert message["Body"] == "not json"
    assert message["MessageAttributes"]["blob"]["BinaryValue"] == b"\x00\xff"
    # moto drops the header from batches, so the test looks at the call.
    assert entries[0]["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"] == "Root=1-5759e988-bd862e3f"
    envelope = json.loads(message["MessageAttributes"]["sluice"]["StringValue"])
    assert envelope["id"] == letter.envelope.id == id_of_message(sent["MessageId"], envelope["at"])
    assert envelope["by"] == letter.system["SenderId"], "SQS names the principal that redrives from now on"


def test_a_message_with_no_room_for_our_attribute_is_redriven_unchanged(cloud: Cloud) -> None:
    url = cloud.sqs.get_queue_url(QueueName=cloud.names.queue(HANDLER))["QueueUrl"]
    full = {f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(10)}
    cloud.sqs.send_message(QueueUrl=url, MessageBody="full", MessageAttributes=full)  # type: ignore[arg-type]
    kill(cloud)
    cloud.sqs.send_message(QueueUrl=url, MessageBody="x" * 1_048_576)
    kill(cloud)
    assert letters_of(cloud).redrive() == Redriven(2)
    messages = cloud.messages(HANDLER)
    assert sorted(len(message["Body"]) for message in messages) == [4, 1_048_576]
    assert sorted(len(message.get("MessageAttributes", {})) for message in messages) == [0, 10]


class StopError(BaseException):
    """The program is killed."""


@pytest.mark.parametrize("call", ["send_message_batch", "delete_message_batch"])
@pytest.mark.parametrize("after", [False, True])
def test_a_redrive_that_is_stopped_anywhere_loses_nothing(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, call: str, after: bool
) -> None:
    bury(cloud, 40)
    real, calls = getattr(cloud.sqs, call), []

    def stopping(**arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 2 and not after:
            raise StopError
        answer = real(**arguments)
        if len(calls) == 2:
            raise StopError
        return answer

    monkeypatch.setattr(cloud.sqs, call, stopping)
    with pytest.raises(StopError):
        letters_of(cloud).redrive()
    monkeypatch.undo()
    monkeypatch.setattr(transfer, "WAIT_SECONDS", 0)
    make_visible(cloud, HANDLER + "-dead")
    alive = [int(message["Body"]) for message in cloud.messages(HANDLER)]
    dead = list(map(int, dead_letters(cloud)))
    assert set(alive) | set(dead) == set(range(40))
    assert len(set(alive) & set(dead)) <= 10


def test_dead_letters_that_sqs_refuses_stay_and_are_reported(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    bury(cloud, 3)
    real = cloud.sqs.send_message_batch

    def refusing(**arguments: Any) -> Any:
        first, *rest = arguments["Entries"]
        answer = real(QueueUrl=arguments["QueueUrl"], Entries=rest)
        return {**answer, "Failed": [{"Id": first["Id"], "Code": "Busy", "SenderFault": False}]}

    monkeypatch.setattr(cloud.sqs, "send_message_batch", refusing)
    assert letters_of(cloud).redrive() == Redriven(2, refused=("Busy",))
    make_visible(cloud, HANDLER + "-dead")
    assert len(dead_letters(cloud)) == 1


def test_large_dead_letters_are_sent_in_batches_that_sqs_accepts(cloud: Cloud) -> None:
    emit_many(HANDLER, ["x" * 600_000] * 4)
    kill(cloud)
    assert letters_of(cloud).redrive() == Redriven(4)
    assert len(cloud.messages(HANDLER)) == 4


def test_purging_deletes_all(cloud: Cloud) -> None:
    bury(cloud, 12)
    letters_of(cloud).purge()
    assert letters_of(cloud).count() == 0
