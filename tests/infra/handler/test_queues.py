"""The queues of handlers and of Scheduler, and their alarms."""

from __future__ import annotations

import pytest

from tests.infra.support.entries import HANDLERS, SCHEDULES_DEAD_LETTERS
from tests.infra.support.synth import Template

DAYS_14 = 14 * 24 * 3600


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_queue_keeps_events_for_14_days_and_gives_them_five_attempts(template: Template, handler: str) -> None:
    queue = template.queue(f"sluice-dev-{handler}")
    assert queue["MessageRetentionPeriod"] == DAYS_14
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert template.arn(queue["RedrivePolicy"]["deadLetterTargetArn"]) == f"sluice-dev-{handler}-dead"


@pytest.mark.parametrize("name", [*(f"sluice-dev-{handler}-dead" for handler in HANDLERS), SCHEDULES_DEAD_LETTERS])
def test_an_alarm_rings_as_soon_as_a_dead_letter_queue_holds_a_message(template: Template, name: str) -> None:
    dead = template.queue(name)
    assert dead["MessageRetentionPeriod"] == DAYS_14
    assert dead["SqsManagedSseEnabled"] is True
    assert "RedrivePolicy" not in dead
    alarm = template.one("AWS::CloudWatch::Alarm", AlarmName=name)
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert template.arn(alarm["Dimensions"][0]["Value"]) == name
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
    assert (alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (1, "notBreaching")


@pytest.mark.parametrize("handler", HANDLERS)
def test_an_alarm_rings_days_before_a_message_expires(template: Template, handler: str) -> None:
    # The reconciler's metrics: its own receives would silence alarms on SQS's.
    for queue, metric, period, threshold in (
        (f"sluice-dev-{handler}", "OldestWaiting", 3_600, 950_400),
        (f"sluice-dev-{handler}-dead", "OldestDeadLetter", 300, 604_800),
    ):
        alarm = template.one("AWS::CloudWatch::Alarm", AlarmName=f"{queue}-old")
        assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Sluice", metric, "Maximum")
        dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        assert dimensions == {"stage": "dev", "service": handler}
        assert alarm["Period"] == period
        assert alarm["Threshold"] == threshold < DAYS_14
        assert (alarm["ComparisonOperator"], alarm["EvaluationPeriods"]) == ("GreaterThanOrEqualToThreshold", 1)
        assert alarm["TreatMissingData"] == "notBreaching"


def test_there_are_no_other_queues(template: Template) -> None:
    names = {queue["QueueName"] for queue in template.properties("AWS::SQS::Queue")}
    own = {f"sluice-dev-{handler}{end}" for handler in HANDLERS for end in ("", "-dead")}
    assert names == own | {SCHEDULES_DEAD_LETTERS}


def test_every_queue_refuses_calls_without_tls(template: Template) -> None:
    protected = set()
    for policy in template.properties("AWS::SQS::QueuePolicy"):
        [statement] = policy["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert (statement["Action"], statement["Principal"]) == ("sqs:*", {"AWS": "*"})
        protected |= {template.arn(queue) for queue in policy["Queues"]}
    assert protected == {queue["QueueName"] for queue in template.properties("AWS::SQS::Queue")}
