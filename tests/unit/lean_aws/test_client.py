from __future__ import annotations

import dataclasses
import http.server
import json
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer
from sluice.lean_aws import CallError, Credentials, LeanClient, error_code
from sluice.lean_aws import client as client_module
from sluice.lean_aws.errors import NotReachedError
from sluice.lean_aws.sigv4 import Signer
from sluice.traces import Attempt, Trace, TraceStore

from tests.unit.support.scripted_server import Answer, ScriptedServer, hang_up, reply, scripted_server

KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


@given(
    body=st.binary(max_size=200),
    token=st.none() | st.text("abcXYZ019+/=", min_size=1),
    seconds=st.integers(1_600_000_000, 3_700_000_000),
    service=st.sampled_from(["sqs", "dynamodb"]),
)
def test_signatures_are_those_of_botocore(body: bytes, token: str | None, seconds: int, service: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    signer = Signer(Credentials("AKID", "secret/+", token), service, "eu-central-1")
    ours = signer.headers(
        "sqs.eu-central-1.amazonaws.com", "AmazonSQS.SendMessage", "application/x-amz-json-1.0", body, now
    )

    request = botocore.awsrequest.AWSRequest(
        method="POST",
        url="https://sqs.eu-central-1.amazonaws.com/",
        data=body,
        headers={"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"},
    )
    theirs = botocore.auth.SigV4Auth(
        botocore.credentials.Credentials("AKID", "secret/+", token), service, "eu-central-1"
    )
    request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    if token:
        request.headers["X-Amz-Security-Token"] = token
    canonical = theirs.canonical_request(request)
    expected = theirs.signature(theirs.string_to_sign(request, canonical), request)
    assert ours["Authorization"].endswith(f"Signature={expected}")


# ---- against moto's server, as boto3 would see it


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    moto = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


_made: list[LeanClient] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _made:
        _made.pop().close()


def wire(service: str, endpoint: str, **options: Any) -> Any:
    _made.append(
        LeanClient(
            service, region="us-east-1", endpoint=endpoint, credentials=KEY, **({"sleep": lambda _: None} | options)
        )
    )
    return _made[-1]


def boto(service: Any, endpoint: str) -> Any:
    return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1")


@pytest.fixture
def table(server: str, request: pytest.FixtureRequest) -> str:
    name = f"sluice-{abs(hash(request.node.name))}-traces"
    boto("dynamodb", server).create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def test_a_store_works_alike_with_either_client(server: str, table: str) -> None:
    ours = TraceStore(wire("dynamodb", server), table)
    theirs = TraceStore(boto("dynamodb", server), table)
    large = Trace(
        id="01a209b6-0d1a-772d-bd41-515cef36eaaf", handler="a", status="interrupted", event='"' + "ä" * 5_000 + '"'
    )
    assert ours.put_start(large, None)
    other = dataclasses.replace(large, history=(Attempt(outcome="started", started_ms=1),))
    assert not ours.put_start(other, None)
    assert ours.get("a", large.id) == theirs.get("a", large.id) == large
    done = large.ended(status="ok", result={"x": 1})
    assert ours.put(done)
    assert not ours.put(large)
    assert not theirs.put(large)
    assert ours.get("a", "01a209b6-0d1a-772d-bd41-515cef36eaae") is None
    assert ours.locks.take_key("a", "key", "1", 60) == "1"
    assert ours.locks.take_key("a", "key", "2", 60) == theirs.locks.take_key("a", "key", "2", 60) == "1"
    ours.unhandled.put([Trace(id=large.id, handler="nobody", status="no-handler", event="1")])
    assert theirs.unhandled.counts() == {"nobody": 1}


def test_queues_work_alike_with_either_client(server: str) -> None:
    ours, theirs = wire("sqs", server), boto("sqs", server)
    url = theirs.create_queue(QueueName="sluice-test-q")["QueueUrl"]
    attributes = {
        "text": {"DataType": "String", "StringValue": "ü"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    ours.send_message(QueueUrl=url, MessageBody="ö", MessageAttributes=attributes)
    (message,) = theirs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == "ö"
    assert message["MessageAttributes"]["blob"]["BinaryValue"] == b"\x00\xff"
    entry = {"Id": "0", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
    ours.change_message_visibility_batch(QueueUrl=url, Entries=[entry])
    (again,) = theirs.receive_message(QueueUrl=url)["Messages"]
    ours.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    answer = ours.send_message_batch(QueueUrl=url, Entries=[{"Id": "7", "MessageBody": "x"}])
    assert answer["Successful"][0]["Id"] == "7"
    with pytest.raises(ours.exceptions.QueueDoesNotExist):
        ours.send_message(QueueUrl=url + "-not", MessageBody="x")


# ---- against a server that fails


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
def test_what_passes_is_tried_again(scripted: ScriptedServer, answers: list[Answer]) -> None:
    scripted.answers = list(answers)
    assert wire("dynamodb", scripted.url).put_item(TableName="t") == {"ok": True}
    assert scripted.asked == [{"TableName": "t"}] * (len(answers) + 1)


def test_tries_are_bounded_and_wait_longer_each_time(scripted: ScriptedServer) -> None:
    scripted.answers = [throttled()] * 20
    pauses: list[float] = []
    with pytest.raises(CallError) as caught:
        wire("dynamodb", scripted.url, sleep=pauses.append).put_item(TableName="t")
    assert error_code(caught.value) == "ThrottlingException"
    assert len(scripted.asked) == client_module.TRIES
    assert len(pauses) == client_module.TRIES - 1
    assert all(0 <= pause <= 0.05 * 2**number for number, pause in enumerate(pauses))


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException", "ConditionalCheckFailedException"])
def test_what_does_not_pass_is_told_at_once(scripted: ScriptedServer, code: str) -> None:
    scripted.answers = [(400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "Message": "no"})]
    with pytest.raises(CallError, match=r"PutItem: .*no") as caught:
        wire("dynamodb", scripted.url).put_item(TableName="t")
    assert error_code(caught.value) == code
    assert len(scripted.asked) == 1


def test_a_connection_is_kept_and_replaced_when_it_was_closed_meanwhile(scripted: ScriptedServer) -> None:
    client = wire("sqs", scripted.url)
    for _ in range(3):
        client.send_message(MessageBody="x")
    assert scripted.connections == 1
    scripted.answers = [lambda to: reply(to, 200, {}, close=True)]
    client.send_message(MessageBody="x")
    client.send_message(MessageBody="y")
    assert scripted.connections == 2
    assert scripted.asked[-1] == {"MessageBody": "y"}
    assert len(scripted.asked) == 5


def test_a_server_that_never_answers_is_given_up_on(scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT", 0.05)
    never = threading.Event()

    def silent(to: http.server.BaseHTTPRequestHandler) -> None:
        never.wait(10)
        to.close_connection = True

    scripted.answers = [silent] * 5
    try:
        with pytest.raises(NotReachedError, match="TimeoutError"):
            wire("sqs", scripted.url).send_message(MessageBody="x")
    finally:
        never.set()


def test_nothing_listening_is_told_after_all_tries() -> None:
    with pytest.raises(NotReachedError, match="ConnectionRefusedError"):
        wire("sqs", "http://127.0.0.1:9").send_message(MessageBody="x")


def test_an_exception_in_the_middle_spoils_no_later_call(scripted: ScriptedServer) -> None:
    """As when a run's deadline passes while it emits."""
    client = wire("sqs", scripted.url)

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


def test_threads_share_a_client(scripted: ScriptedServer) -> None:
    client = wire("sqs", scripted.url)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: client.send_message(MessageBody=str(number)), range(200)))
    assert sorted(int(asked["MessageBody"]) for asked in scripted.asked) == list(range(200))
    assert scripted.connections <= 8


def test_a_damaged_answer_is_noticed(scripted: ScriptedServer) -> None:
    content = json.dumps({"Item": {"x": {"S": "ä"}}}).encode()
    scripted.answers = [lambda to: reply(to, 200, content, headers={"x-amz-crc32": str(zlib.crc32(content))})]
    assert wire("dynamodb", scripted.url).get_item() == {"Item": {"x": {"S": "ä"}}}
