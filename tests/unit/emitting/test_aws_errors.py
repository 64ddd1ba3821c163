"""Every failed emit raises the same, whether boto3 or the lean client called AWS."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from sluice import AwsError, NotAcceptedError, emit, emit_many, retry
from sluice.emitting.current_run import Run, under_way
from sluice.event.ids import new_id
from sluice.lean_aws import client as lean_client
from sluice.stage import clients

from tests.unit.support.cloud import HANDLER
from tests.unit.support.scripted_server import Answer, ScriptedServer, hang_up, reply, scripted_server

Outcome = tuple[list[Answer], str | None, str, bool]
"""AWS's answers; then the error's code, a part of its message, and its `may_be_accepted`."""

ALWAYS = 10
"""Answers of one kind: more than either client asks for."""


def refused(code: str, status: int = 400) -> Answer:
    return status, {"__type": f"com.amazonaws.sqs#{code}", "message": "because"}


def refused_by_its_old_code(to: Any) -> None:
    """Answer as SQS does to boto3: the code of its older protocol is in a header."""
    answer = {"__type": "com.amazonaws.sqs#KmsAccessDenied", "message": "because"}
    reply(to, 400, answer, headers={"x-amzn-query-error": "KMS.AccessDeniedException;Sender"})


OUTCOMES: dict[str, Outcome] = {
    "refused": ([refused("InvalidMessageContents")], "InvalidMessageContents", "because", False),
    "refused, by its old code": ([refused_by_its_old_code], "KMS.AccessDeniedException", "because", False),
    "refused at the second try": ([hang_up, refused("AccessDenied", 403)], "AccessDenied", "because", True),
    "throttled": ([refused("RequestThrottled")] * ALWAYS, "RequestThrottled", "because", True),
    "server fault": ([refused("InternalFailure", 500)] * ALWAYS, "InternalFailure", "because", True),
    "no answer": ([hang_up] * ALWAYS, None, "Error: ", True),
}
each_outcome = pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES.keys())


@pytest.fixture
def aws() -> Iterator[ScriptedServer]:
    yield from scripted_server()


def use_client(client: str, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "eu-central-1",
        "SLUICE_HANDLER": "parent",
        "SLUICE_STAGE": "test",
        "SLUICE_QUEUE_URL_PREFIX": f"{endpoint}/123456789012/",
    }
    if client == "lean":
        settings["AWS_LAMBDA_FUNCTION_NAME"] = "sluice-test-parent"
        monkeypatch.delitem(sys.modules, "moto", raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    clients.forget_clients()
    made = f"{type(clients.sqs('test')).__module__}.{type(clients.sqs('test')).__name__}"
    assert made == {"lean": "sluice.lean_aws.client.LeanClient", "boto3": "botocore.client.SQS"}[client]


@pytest.fixture(params=["lean", "boto3"])
def client(request: pytest.FixtureRequest, aws: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(lean_client, "_FIRST_PAUSE", 0)
    use_client(request.param, aws.url, monkeypatch)
    yield request.param
    clients.forget_clients()


def emit_in_run(event: object) -> str:
    with under_way(Run(new_id(), HANDLER, 0, 10)):
        return retry(event)


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("send", [lambda event: emit(HANDLER, event), emit_in_run], ids=["emit", "retry"])
@each_outcome
def test_an_emit_that_fails_raises_aws_error(
    aws: ScriptedServer, send: Callable[[object], str], outcome: Outcome
) -> None:
    answers, code, message, may_be_accepted = outcome
    aws.answers = list(answers)
    with pytest.raises(AwsError) as caught:
        send(1)
    assert (caught.value.code, caught.value.may_be_accepted) == (code, may_be_accepted)
    assert message in caught.value.message
    assert caught.value.message in str(caught.value)
    assert isinstance(caught.value.__cause__, Exception)


@pytest.mark.usefixtures("client")
@each_outcome
def test_emit_many_tells_of_each_event_that_was_not_accepted(aws: ScriptedServer, outcome: Outcome) -> None:
    answers, code, message, may_be_accepted = outcome
    aws.answers = list(answers)
    with pytest.raises(NotAcceptedError) as caught:
        emit_many(HANDLER, [1, 2])
    refused_events = [(entry.index, entry.code, entry.may_be_accepted) for entry in caught.value.refused]
    assert refused_events == [(0, code, may_be_accepted), (1, code, may_be_accepted)]
    assert all(message in entry.message for entry in caught.value.refused)


@pytest.mark.parametrize("client", ["lean", "boto3"])
def test_nobody_listening_is_no_answer(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(lean_client, "_FIRST_PAUSE", 0)
    use_client(client, "http://127.0.0.1:9", monkeypatch)
    with pytest.raises(AwsError, match="no answer from AWS") as caught:
        emit(HANDLER, 1)
    assert (caught.value.code, caught.value.may_be_accepted) == (None, True)
    clients.forget_clients()


@pytest.mark.parametrize(("send"), [emit, lambda handler, event: emit_many(handler, [event])])
@pytest.mark.parametrize(
    ("answers", "code"), [([refused("AccessDenied", 403)], "AccessDenied"), ([hang_up] * ALWAYS, None)]
)
def test_no_event_is_accepted_if_the_queue_cannot_be_looked_up(
    aws: ScriptedServer, monkeypatch: pytest.MonkeyPatch, send: Any, answers: list[Answer], code: str | None
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    use_client("boto3", aws.url, monkeypatch)
    monkeypatch.delenv("SLUICE_QUEUE_URL_PREFIX")
    aws.answers = list(answers)
    with pytest.raises(AwsError, match="it was not accepted") as caught:
        send("never-looked-up", 1)
    assert (caught.value.code, caught.value.may_be_accepted) == (code, False)


def test_without_credentials_no_event_is_accepted(aws: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    use_client("boto3", aws.url, monkeypatch)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # It keeps the credentials that it has found.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    clients.forget_clients()
    with pytest.raises(AwsError, match="NoCredentialsError") as caught:
        emit(HANDLER, 1)
    assert (caught.value.code, caught.value.may_be_accepted) == (None, False)
    assert aws.asked == []


def test_a_request_that_was_sent_again_on_a_new_connection_may_be_accepted(
    aws: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kept connection that breaks may have carried the first one to SQS."""
    use_client("lean", aws.url, monkeypatch)
    emit(HANDLER, 1)
    aws.answers = [hang_up, refused("AccessDenied", 403)]
    with pytest.raises(AwsError) as caught:
        emit(HANDLER, 2)
    assert (caught.value.code, caught.value.may_be_accepted) == ("AccessDenied", True)
    clients.forget_clients()
