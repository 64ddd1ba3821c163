"""Events that SQS refuses are reported one by one, and the others are sent."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from sluice import NotAcceptedError, emit_many
from sluice.emitting.current_run import Run, under_way
from sluice.event.ids import is_id, new_id
from sluice.queue import send
from sluice.stage import clients

from tests.unit.support.cloud import HANDLER, Cloud


class Sqs:
    """SQS with the answers of a test: each is an error, or the bodies refused, and whether the sender is at fault."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers
        self.batches: list[list[str]] = []
        self.exceptions = boto3.client("sqs").exceptions

    def send_message_batch(self, *, QueueUrl: str, Entries: Any) -> Any:  # noqa: N803 - boto3's names
        self.batches.append([entry["MessageBody"] for entry in Entries])
        answer = self.answers.pop(0) if self.answers else []
        if isinstance(answer, Exception):
            raise answer
        failed = [
            {"Id": entry["Id"], "SenderFault": fault, "Code": "Busy", "Message": "later"}
            for body, fault in answer
            for entry in Entries
            if entry["MessageBody"] == body
        ]
        return {"Failed": failed} if failed else {}


def use(monkeypatch: pytest.MonkeyPatch, sqs: Sqs) -> None:
    monkeypatch.setenv("SLUICE_QUEUE_URL_PREFIX", "https://sqs/")
    monkeypatch.setattr(clients, "sqs", lambda _: sqs)
    monkeypatch.setattr(send.send_all, "__kwdefaults__", {"sleep": lambda _: None})


def test_only_the_refused_messages_are_sent_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = Sqs([[("1", False), ("2", False)], [("2", False)]])
    use(monkeypatch, sqs)
    assert len(emit_many(HANDLER, range(4))) == 4
    assert sqs.batches == [["0", "1", "2", "3"], ["1", "2"], ["2"]]


def test_every_event_that_was_never_accepted_is_reported(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = Sqs([[("3", True), ("1", False)]] + [[("1", False)]] * 10)
    use(monkeypatch, sqs)
    with pytest.raises(NotAcceptedError) as caught:
        emit_many(HANDLER, range(5))
    assert [(entry.index, entry.code) for entry in caught.value.refused] == [(1, "Busy"), (3, "Busy")]
    assert sorted(caught.value.accepted) == [0, 2, 4]
    assert all(map(is_id, caught.value.accepted.values()))
    assert sqs.batches[1:] == [["1"]] * 4
    assert "2 of 5 events for 'send-receipt' were not accepted; the first is number 1: Busy: later" in str(caught.value)


def test_a_single_event_is_reported_like_many(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Sqs([[("0", True)]]))
    with pytest.raises(NotAcceptedError, match="1 of 1 events") as caught:
        emit_many(HANDLER, range(1))
    assert [entry.index for entry in caught.value.refused] == [0]


def test_the_events_after_a_queue_was_deleted_are_reported(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = Sqs([])
    sqs.answers = [[], *[sqs.exceptions.QueueDoesNotExist({"Error": {"Code": "NoQueue"}}, "SendMessageBatch")] * 2]
    use(monkeypatch, sqs)
    with pytest.raises(NotAcceptedError) as caught:
        emit_many(HANDLER, range(30))
    assert sorted(caught.value.accepted) == list(range(10))
    assert cloud.store.unhandled.counts() == {}


def test_events_emitted_before_others_were_refused_are_in_the_trace(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, Sqs([[("1", True)]]))
    run = Run(new_id(), "parent", 0, 10)
    with under_way(run), pytest.raises(NotAcceptedError) as caught:
        emit_many(HANDLER, range(3))
    assert [entry["id"] for entry in run.emitted] == [caught.value.accepted[0], caught.value.accepted[2]]
    assert run.emitted_count == 2


def test_a_batch_that_fails_stops_no_other_batch(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "SendMessageBatch")
    sqs = Sqs([[], denied])
    use(monkeypatch, sqs)
    with pytest.raises(NotAcceptedError) as caught:
        emit_many(HANDLER, range(30))
    lost = {entry.index for entry in caught.value.refused}
    assert len(lost) == 10
    assert lost | set(caught.value.accepted) == set(range(30))
    assert len(sqs.batches) == 3


def test_a_network_failure_is_reported(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Sqs([EndpointConnectionError(endpoint_url="https://sqs")]))
    with pytest.raises(NotAcceptedError, match="EndpointConnectionError"):
        emit_many(HANDLER, range(2))
