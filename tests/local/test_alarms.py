"""Alarms reach the subscribers of the alarms' topic."""

from __future__ import annotations

import json

from tests.local.support.projects import Project
from tests.unit.support.eventually import eventually


def test_an_alarm_reaches_a_subscriber(project: Project) -> None:
    queue = project.aws("sqs", "create-queue", "--queue-name", "pager")["QueueUrl"]
    attributes = project.aws("sqs", "get-queue-attributes", "--queue-url", queue, "--attribute-names", "QueueArn")
    (stack,) = project.aws("cloudformation", "describe-stacks", "--stack-name", "sluice-local")["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    subscriber = ("--protocol", "sqs", "--notification-endpoint", attributes["Attributes"]["QueueArn"])
    project.aws("sns", "subscribe", "--topic-arn", outputs["AlarmTopic"], *subscriber)

    state = ("--state-value", "ALARM", "--state-reason", "a test of it")
    project.aws("cloudwatch", "set-alarm-state", "--alarm-name", "sluice-local-echo-dead", *state)

    heard = eventually(lambda: project.aws("sqs", "receive-message", "--queue-url", queue), "a message")
    alarm = json.loads(json.loads(heard["Messages"][0]["Body"])["Message"])
    assert alarm["AlarmName"] == "sluice-local-echo-dead"
    assert "sluice dead list echo --stage local" in alarm["AlarmDescription"]
