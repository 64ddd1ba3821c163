"""The clients of a stage: the lean one in a handler's function, boto3's elsewhere."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from sluice import emit
from sluice.lean_aws import CallError, Credentials, LeanClient
from sluice.lean_aws.errors import QueueDoesNotExistError
from sluice.stage import clients

from tests.unit.support.cloud import STAGE, Cloud

KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

FUNCTION = {
    "AWS_LAMBDA_FUNCTION_NAME": "sluice-prod-a",
    "AWS_REGION": "eu-central-1",
    "SLUICE_HANDLER": "a",
    "SLUICE_STAGE": "prod",
    "SLUICE_QUEUE_URL_PREFIX": "https://sqs.eu-central-1.amazonaws.com/123456789012/",
}


@pytest.fixture
def in_function(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in FUNCTION.items():
        monkeypatch.setenv(name, value)
    clients.forget_clients()
    yield
    clients.forget_clients()


@pytest.mark.usefixtures("in_function")
def test_in_a_handlers_function_sqs_and_dynamodb_need_no_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "moto")
    queue: Any = clients.sqs("prod")
    table: Any = clients.dynamodb("prod")
    assert isinstance(queue, LeanClient)
    assert isinstance(table, LeanClient)
    assert (queue._host, table._host) == ("sqs.eu-central-1.amazonaws.com", "dynamodb.eu-central-1.amazonaws.com")
    assert not isinstance(clients.sqs("test"), LeanClient)
    assert not isinstance(clients.client("sqs", "prod"), LeanClient)


@pytest.mark.usefixtures("in_function")
def test_under_moto_boto3_emits() -> None:
    from moto import mock_aws  # noqa: PLC0415

    with mock_aws():
        url = boto3.client("sqs").create_queue(QueueName="sluice-prod-a")["QueueUrl"]
        emit("a", 1)
        assert len(boto3.client("sqs").receive_message(QueueUrl=url)["Messages"]) == 1


def test_a_missing_queue_is_a_call_error_as_with_boto3() -> None:
    assert issubclass(QueueDoesNotExistError, CallError)


def test_the_local_stage_ignores_the_callers_aws_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "config"
    broken.write_text("[")
    for name, value in {
        "AWS_PROFILE": "does-not-exist",
        "AWS_CONFIG_FILE": str(broken),
        "AWS_SHARED_CREDENTIALS_FILE": str(broken),
        "AWS_REGION": "eu-central-1",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    clients.forget_clients()
    try:
        client = clients.client("sqs", "local")
        assert (client.meta.endpoint_url, client.meta.region_name) == ("http://127.0.0.1:4566", "us-east-1")
        assert client.meta.config.proxies == {}
    finally:
        clients.forget_clients()


def test_a_client_made_before_moto_is_not_used_under_moto() -> None:
    program = """
import os
os.environ.update(AWS_DEFAULT_REGION="eu-central-1", AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x")
from sluice import emit
from sluice.stage import clients
clients.sqs("test")
import boto3
from moto import mock_aws
with mock_aws():
    url = boto3.client("sqs").create_queue(QueueName="sluice-test-a")["QueueUrl"]
    emit("a", 1, stage="test")
    print(boto3.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.returncode) == ("1\n", 0), done.stderr


def test_the_local_stage_is_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        monkeypatch.setenv("SLUICE_PORT", str(listener.getsockname()[1]))
        clients.forget_clients()
        assert clients.sqs("local").meta.endpoint_url == f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert clients.sqs("local").meta.region_name == "us-east-1"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    clients.forget_clients()
    assert clients.sqs("local").meta.endpoint_url == "http://127.0.0.1:9"
    assert "amazonaws.com" not in clients.sqs("local").meta.endpoint_url
    clients.forget_clients()


def test_a_stage_has_one_client_for_each_service(cloud: Cloud) -> None:
    assert clients.sqs(STAGE) is clients.sqs(STAGE)
