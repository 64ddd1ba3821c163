"""The lean client against a server that answers as the test says."""

from __future__ import annotations

import http.server
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sluice.lean_aws import CallError, error_code
from sluice.lean_aws import client as client_module
from sluice.lean_aws.errors import NotReachedError

from tests.unit.support.scripted_server import Answer, ScriptedServer, hang_up, reply, scripted_server

NewClient = Callable[..., Any]


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    yield from scripted_server()


def throttled(code: str = "ThrottlingException") -> Answer:
    return 400, {"__type": f"com.amazon.coral.availability#{code}", "message": "slow down"}


@pytest.mark.parametrize(
    "answers",
    [
        [throttled()],
        [throttled("ProvisionedThroughputExceededException")] * 4,
        [(503, b"<html>busy</html>")],
        [(500, {"__type": "InternalServerError"})] * 2,
        [hang_up],
        [lambda to: reply(to, 200, {"Item": {}}, headers={"x-amz-crc32": "1"})],
        [(200, b"half an ans")],
    ],
)
def test_a_transient_failure_is_retried(scripted: ScriptedServer, new_client: NewClient, answers: list[Answer]) -> None:
    scripted.answers = list(answers)
    assert new_client("dynamodb", scripted.url).put_item(TableName="t") == {"ok": True}
    assert scripted.asked == [{"TableName": "t"}] * (len(answers) + 1)


def test_five_tries_are_made_with_growing_pauses(scripted: ScriptedServer, new_client: NewClient) -> None:
    scripted.answers = [throttled()] * 20
    pauses: list[float] = []
    with pytest.raises(CallError) as caught:
        new_client("dynamodb", scripted.url, sleep=pauses.append).put_item(TableName="t")
    assert error_code(caught.value) == "ThrottlingException"
    assert len(scripted.asked) == client_module.TRIES
    assert len(pauses) == client_module.TRIES - 1
    assert all(0 <= pause <= 0.05 * 2**number for number, pause in enumerate(pauses))


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "ConditionalCheckFailedException"])
def test_a_refusal_is_raised_at_once(scripted: ScriptedServer, new_client: NewClient, code: str) -> None:
    scripted.answers = [(400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "Message": "no"})]
    with pytest.raises(CallError, match=r"PutItem: .*no") as caught:
        new_client("dynamodb", scripted.url).put_item(TableName="t")
    assert error_code(caught.value) == code
    assert len(scripted.asked) == 1


def test_a_kept_connection_that_was_closed_is_replaced(scripted: ScriptedServer, new_client: NewClient) -> None:
    client = new_client("sqs", scripted.url)
    for _ in range(3):
        client.send_message(MessageBody="x")
    assert scripted.connections == 1
    scripted.answers = [lambda to: reply(to, 200, {}, close=True)]
    client.send_message(MessageBody="x")
    client.send_message(MessageBody="y")
    assert scripted.connections == 2
    assert scripted.asked[-1] == {"MessageBody": "y"}
    assert len(scripted.asked) == 5


def test_a_throttled_call_is_tried_longer_while_its_end_has_not_come(
    scripted: ScriptedServer, new_client: NewClient
) -> None:
    pauses: list[float] = []
    client = new_client("dynamodb", scripted.url, sleep=pauses.append)
    client.end_by(time.monotonic() + 86_400)
    scripted.answers = [throttled()] * (client_module.PATIENT_TRIES - 1)
    assert client.put_item(TableName="t") == {"ok": True}
    assert len(pauses) == client_module.PATIENT_TRIES - 1

    # A service that is down takes no more of the batch's time than before.
    scripted.answers = [(500, {"__type": "InternalServerError"})] * client_module.TRIES
    with pytest.raises(CallError):
        client.put_item(TableName="t")
    assert scripted.answers == []


def test_a_server_that_never_answers_raises_after_all_tries(
    scripted: ScriptedServer, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT", 0.05)
    never = threading.Event()

    def silent(to: http.server.BaseHTTPRequestHandler) -> None:
        never.wait(10)
        to.close_connection = True

    scripted.answers = [silent] * 5
    try:
        with pytest.raises(NotReachedError, match="TimeoutError"):
            new_client("sqs", scripted.url).send_message(MessageBody="x")
    finally:
        never.set()


def test_a_refused_connection_raises_after_all_tries(new_client: NewClient) -> None:
    with pytest.raises(NotReachedError, match="ConnectionRefusedError"):
        new_client("sqs", "http://127.0.0.1:9").send_message(MessageBody="x")


def test_an_interrupted_call_does_not_spoil_the_next(scripted: ScriptedServer, new_client: NewClient) -> None:
    """A run's deadline may interrupt its emit."""
    client = new_client("sqs", scripted.url)

    class DeadlineError(BaseException):
        pass

    def interrupted(*_: object) -> Any:
        raise DeadlineError

    client.send_message(MessageBody="1")
    (connection,) = client._idle
    connection.receive = interrupted
    with pytest.raises(DeadlineError):
        client.send_message(MessageBody="2")
    assert client.send_message(MessageBody="3") == {"ok": True}
    assert client._idle != [connection]


def test_threads_may_share_a_client(scripted: ScriptedServer, new_client: NewClient) -> None:
    client = new_client("sqs", scripted.url)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: client.send_message(MessageBody=str(number)), range(200)))
    assert sorted(int(asked["MessageBody"]) for asked in scripted.asked) == list(range(200))
    assert scripted.connections <= 8


def test_a_correct_checksum_is_accepted(scripted: ScriptedServer, new_client: NewClient) -> None:
    content = json.dumps({"Item": {"x": {"S": "ä"}}}).encode()
    scripted.answers = [lambda to: reply(to, 200, content, headers={"x-amz-crc32": str(zlib.crc32(content))})]
    assert new_client("dynamodb", scripted.url).get_item() == {"Item": {"x": {"S": "ä"}}}
