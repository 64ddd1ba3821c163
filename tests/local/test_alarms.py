"""Alarms reach the subscribers of the alarms' topic."""

from __future__ import annotations

import json

import pytest
from sluice.stage import clients

from tests.unit.support.eventually import eventually


@pytest.mark.usefixtures("store")
def test_an_alarm_reaches_a_subscriber() -> None:
    sqs, alarms, topics, stacks = (
        clients.client(service, "local") for service in ("sqs", "cloudwatch", "sns", "cloudformation")
    )
    queue = sqs.create_queue(QueueName="pager")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    (stack,) = stacks.describe_stacks(StackName="sluice-local")["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    topics.subscribe(TopicArn=outputs["AlarmTopic"], Protocol="sqs", Endpoint=arn)

    alarms.set_alarm_state(AlarmName="sluice-local-echo-dead", StateValue="ALARM", StateReason="a test of it")

    (message,) = eventually(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), "a message")
    alarm = json.loads(json.loads(message["Body"])["Message"])
    assert alarm["AlarmName"] == "sluice-local-echo-dead"
    assert "sluice dead list echo --stage local" in alarm["AlarmDescription"]
