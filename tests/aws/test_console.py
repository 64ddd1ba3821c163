"""The suite itself: calls that the emulator does not know have the parameters that AWS's own model asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from tests.aws.support import console
from tests.aws.support.account_stage import AccountStage

DEAD = "https://sqs.eu-central-1.amazonaws.com/123456789012/sluice-trial-hangs-dead"
ARN = "arn:aws:sqs:eu-central-1:123456789012:sluice-trial-hangs-dead"


@pytest.fixture
def stubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[AccountStage, Stubber]]:
    make: Any = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x").client
    sqs = make("sqs", region_name="eu-central-1")
    stage = AccountStage("trial", tmp_path / "project", "eu-central-1")
    monkeypatch.setattr(stage, "client", lambda *_: sqs)
    monkeypatch.setattr(stage, "pause_s", 0.0)
    with Stubber(sqs) as stubber:
        stubber.add_response("get_queue_url", {"QueueUrl": DEAD}, {"QueueName": "sluice-trial-hangs-dead"})
        stubber.add_response("get_queue_attributes", {"Attributes": {"QueueArn": ARN}})
        yield stage, stubber


def test_the_console_s_redrive_is_started_and_waited_for(stubbed: tuple[AccountStage, Stubber]) -> None:
    stage, stubber = stubbed
    stubber.add_response("start_message_move_task", {"TaskHandle": "1"}, {"SourceArn": ARN})
    for status in ("RUNNING", "COMPLETED"):
        answer = {"Results": [{"Status": status, "SourceArn": ARN, "TaskHandle": "1"}]}
        stubber.add_response("list_message_move_tasks", answer, {"SourceArn": ARN, "MaxResults": 1})

    console.redrive(stage, "hangs")

    stubber.assert_no_pending_responses()


def test_on_aws_nothing_takes_its_place(stubbed: tuple[AccountStage, Stubber]) -> None:
    stage, stubber = stubbed
    stubber.add_client_error("start_message_move_task", "InvalidAction")

    with pytest.raises(Exception, match="InvalidAction"):
        console.redrive(stage, "hangs")
