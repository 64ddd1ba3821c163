"""The reconciler and the three policies in the template, evaluated as IAM evaluates them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document  # type: ignore[import-untyped]

from tests.infra.synth import Template

FUNCTION = "arn:aws:lambda:REGION:ACCOUNT:function:sluice-dev-plain"
MAPPING = "arn:aws:lambda:REGION:ACCOUNT:event-source-mapping:0123"
TABLE = "sluice-dev-traces"
QUEUE = "arn:aws:sqs:REGION:ACCOUNT:sluice-dev-plain"

LIFTING = [
    ("lambda:PutFunctionConcurrency", FUNCTION),
    ("lambda:DeleteFunctionConcurrency", FUNCTION),
    ("lambda:DeleteFunction", FUNCTION),
    ("lambda:InvokeFunction", FUNCTION),
    ("lambda:UpdateFunctionConfiguration", FUNCTION),
    ("lambda:UpdateFunctionCode", FUNCTION),
    ("lambda:CreateFunctionUrlConfig", FUNCTION),
    ("lambda:AddPermission", FUNCTION),
    ("lambda:TagResource", FUNCTION),
    ("lambda:UntagResource", FUNCTION),
    ("lambda:UpdateEventSourceMapping", MAPPING),
    ("lambda:DeleteEventSourceMapping", MAPPING),
    ("lambda:TagResource", MAPPING),
    ("lambda:UntagResource", MAPPING),
    ("lambda:CreateEventSourceMapping", "*"),
]
"""Every call by which a block could be lifted or gone around."""

EVERYTHING = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
"""What a role may have besides the policy."""


def document(template: Template, kind: str) -> Any:
    """A managed policy, with names in place of what deployment fills in."""
    (policy,) = (
        found
        for found in template.properties("AWS::IAM::ManagedPolicy")
        if f"-{kind}-" in str(found["ManagedPolicyName"])
    )
    return resolved(template, policy["PolicyDocument"])


def resolved(template: Template, policy: Any) -> Any:
    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) & {"Ref", "Fn::GetAtt", "Fn::Join"}:
                return template.arn(value)
            return {key: walk(inner) for key, inner in value.items()}
        return [walk(inner) for inner in value] if isinstance(value, list) else value

    return walk(policy)


def decision(documents: list[Any], action: str, resource: str, *, blocked: bool, keys: list[str] | None = None) -> str:
    context: dict[str, Any] = {"lambda:functionarn": FUNCTION}
    if blocked:
        context["aws:resourcetag/sluice:blocked"] = "2026-11-23T10:00:00Z user/ada - why"
    context["aws:tagkeys"] = keys
    request = EvalContext(
        principal_arn="arn:aws:iam::ACCOUNT:user/op",
        principal_type="User",
        principal_account="ACCOUNT",
        action=action,
        resource_arn=resource,
        region="REGION",
        service_context=context,
    )
    return str(evaluate(request, [parse_policy_document(one) for one in documents]).decision)


@pytest.mark.parametrize(("action", "resource"), LIFTING)
def test_an_operator_cannot_lift_a_block_whatever_else_he_may(template: Template, action: str, resource: str) -> None:
    policies = [document(template, "operator"), EVERYTHING]
    assert decision(policies, action, resource, blocked=True, keys=["sluice:blocked"]) == "Deny"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("lambda:PutFunctionConcurrency", FUNCTION),
        ("lambda:DeleteFunctionConcurrency", FUNCTION),
        ("lambda:UpdateEventSourceMapping", MAPPING),
        ("lambda:InvokeFunction", FUNCTION),
        ("sqs:SendMessage", QUEUE),
        ("sqs:DeleteMessage", f"{QUEUE}-dead"),
        ("dynamodb:PutItem", TABLE),
        ("scheduler:CreateSchedule", "arn:aws:scheduler:REGION:ACCOUNT:schedule/sluice-dev/any"),
        ("scheduler:DeleteSchedule", "arn:aws:scheduler:REGION:ACCOUNT:schedule/sluice-dev/any"),
    ],
)
def test_an_operator_can_pause_and_redrive_what_is_not_blocked(template: Template, action: str, resource: str) -> None:
    assert decision([document(template, "operator")], action, resource, blocked=False) == "Allow"
    assert decision([document(template, "viewer")], action, resource, blocked=False) == "ImplicitDeny"


def test_an_operator_takes_events_out_of_dead_letter_queues_only(template: Template) -> None:
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage"):
        assert decision([document(template, "operator")], action, QUEUE, blocked=False) == "ImplicitDeny"
    assert decision([document(template, "operator")], "sqs:PurgeQueue", f"{QUEUE}-dead", blocked=False) != "Allow"


def test_an_operator_s_other_tags_are_not_our_business(template: Template) -> None:
    policies = [document(template, "operator"), EVERYTHING]
    assert decision(policies, "lambda:TagResource", FUNCTION, blocked=False, keys=["team"]) == "Allow"


@pytest.mark.parametrize(("action", "resource"), [*LIFTING[:2], LIFTING[9], LIFTING[10], LIFTING[13]])
def test_an_admin_can_lift_a_block(template: Template, action: str, resource: str) -> None:
    policies = [document(template, "admin")]
    assert decision(policies, action, resource, blocked=True, keys=["sluice:blocked"]) == "Allow"


def test_a_viewer_is_allowed_reads_alone(template: Template) -> None:
    statements = document(template, "viewer")["Statement"]
    actions = {
        action
        for one in statements
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    verbs = {action.split(":")[1] for action in actions}
    assert all(verb.startswith(("Get", "List", "Describe", "Query", "BatchGet", "Filter")) for verb in verbs), verbs
    assert {one["Effect"] for one in statements} == {"Allow"}


def test_the_policies_are_short_enough_and_told_in_the_outputs(template: Template) -> None:
    for kind in ("viewer", "operator", "admin"):
        # AWS's limit for a managed policy, spaces not counted; real account numbers are a little longer.
        assert len(json.dumps(document(template, kind), separators=(",", ":"))) < 5_500
        assert f"{kind.capitalize()}Policy" in template.content["Outputs"]


def reconciler(template: Template) -> Any:
    role = template.role_of("sluice-dev--reconciler")
    return resolved(template, role["Policies"][0]["PolicyDocument"])


def test_the_reconciler_can_hold_a_block_and_never_lift_it(template: Template) -> None:
    policy = [reconciler(template)]
    keys = ["sluice:blocked"]
    assert decision(policy, "lambda:TagResource", FUNCTION, blocked=True, keys=keys) == "Allow"
    assert decision(policy, "lambda:UntagResource", MAPPING, blocked=True, keys=keys) == "Allow"
    assert decision(policy, "lambda:UntagResource", FUNCTION, blocked=True, keys=keys) == "ImplicitDeny"
    assert decision(policy, "lambda:TagResource", FUNCTION, blocked=False, keys=["other"]) == "ImplicitDeny"


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
