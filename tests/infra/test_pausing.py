"""The reconciler in the template: its rights, evaluated as IAM evaluates them, and what sets it off."""

from __future__ import annotations

import json

import pytest
from sluice.stage.names import BLOCKS, HISTORY, KEEPING, PAUSES

from tests.infra.evaluation import FUNCTION, MAPPING, QUEUE, TABLE, decision, reconciler
from tests.infra.synth import Template


def test_the_reconciler_can_hold_a_block_and_never_lift_it(template: Template) -> None:
    policy = [reconciler(template)]
    keys = ["sluice:blocked"]
    assert decision(policy, "lambda:TagResource", FUNCTION, blocked=True, keys=keys) == "Allow"
    assert decision(policy, "lambda:UntagResource", MAPPING, blocked=True, keys=keys) == "Allow"
    assert decision(policy, "lambda:UntagResource", FUNCTION, blocked=True, keys=keys) == "ImplicitDeny"
    assert decision(policy, "lambda:TagResource", FUNCTION, blocked=False, keys=["other"]) == "ImplicitDeny"


def test_a_late_run_of_the_reconciler_cannot_undo_a_block(template: Template) -> None:
    """As it may also put the concurrency at 0 again, IAM can only say no to removing it."""
    policy = [reconciler(template)]
    assert decision(policy, "lambda:DeleteFunctionConcurrency", FUNCTION, blocked=True) == "Deny"
    assert decision(policy, "lambda:DeleteFunctionConcurrency", FUNCTION, blocked=False) == "Allow"
    for blocked in (True, False):
        assert decision(policy, "lambda:PutFunctionConcurrency", FUNCTION, blocked=blocked) == "Allow"


def test_the_reconciler_writes_what_nobody_else_may(template: Template) -> None:
    for partition in (PAUSES, BLOCKS, KEEPING, f"{HISTORY}plain"):
        assert decision([reconciler(template)], "dynamodb:PutItem", TABLE, partitions=[partition]) == "Allow"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("lambda:InvokeFunction", FUNCTION),
        ("lambda:UpdateFunctionCode", FUNCTION),
        ("lambda:DeleteFunction", FUNCTION),
        ("lambda:PutFunctionConcurrency", "arn:aws:lambda:REGION:ACCOUNT:function:somebody-elses"),
        ("sqs:PurgeQueue", QUEUE),
        ("sqs:ReceiveMessage", "arn:aws:sqs:REGION:ACCOUNT:somebody-elses"),
        ("dynamodb:DeleteItem", TABLE),
        ("dynamodb:PutItem", "arn:aws:dynamodb:REGION:ACCOUNT:table/somebody-elses"),
        ("iam:PassRole", "arn:aws:iam::ACCOUNT:role/somebody-elses"),
    ],
)
def test_the_reconciler_may_do_no_more_than_it_needs(template: Template, action: str, resource: str) -> None:
    assert decision([reconciler(template)], action, resource, blocked=False) == "ImplicitDeny"


def test_the_reconciler_runs_every_minute_on_changes_and_after_deployments(template: Template) -> None:
    rules = template.properties("AWS::Events::Rule")
    schedules = [rule["ScheduleExpression"] for rule in rules if "ScheduleExpression" in rule]
    assert schedules == ["rate(1 minute)"]
    patterns = {pattern["source"][0]: pattern for rule in rules if (pattern := rule.get("EventPattern"))}
    assert set(patterns) == {"aws.lambda", "aws.cloudformation"}
    assert "PutFunctionConcurrency20171031" in patterns["aws.lambda"]["detail"]["eventName"]
    assert len(template.properties("AWS::Lambda::Permission")) == len(rules)
    (upkeep,) = [rule["Targets"][0]["Input"] for rule in rules if "ScheduleExpression" in rule]
    assert json.loads(upkeep) == {"upkeep": True}
    environment = template.function("sluice-dev--reconciler")["Environment"]["Variables"]
    assert environment == {"SLUICE_STAGE": "dev"}


def test_alarms_ring_when_the_reconciler_fails_or_does_not_run(template: Template) -> None:
    failing = template.one("AWS::CloudWatch::Alarm", AlarmName="sluice-dev--reconciler-failing")
    silent = template.one("AWS::CloudWatch::Alarm", AlarmName="sluice-dev--reconciler-silent")
    assert (failing["MetricName"], failing["TreatMissingData"]) == ("Errors", "notBreaching")
    assert (silent["MetricName"], silent["TreatMissingData"]) == ("Invocations", "breaching")


def test_a_cron_s_function_says_what_becomes_of_missed_ticks(template: Template) -> None:
    tags = {tag["Key"]: tag["Value"] for tag in template.function("sluice-dev-nightly")["Tags"]}
    assert tags["sluice:missed"] == "skip"
    often = {tag["Key"]: tag["Value"] for tag in template.function("sluice-dev-often")["Tags"]}
    assert often["sluice:missed"] == "queue"
    assert all(tag["Key"] != "sluice:missed" for tag in template.function("sluice-dev-plain")["Tags"])
