"""The roles of functions."""

from __future__ import annotations

import json

import pytest

from tests.infra.support.entries import HANDLERS
from tests.infra.support.evaluation import WRITES, statements_of
from tests.infra.support.synth import Template


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handlers_role_allows_what_it_needs_and_no_more(template: Template, handler: str) -> None:
    role = template.role_of(f"sluice-dev-{handler}")
    queues = "arn:aws:sqs:REGION:ACCOUNT:sluice-dev-"
    assert statements_of(template, role) == [
        (
            "Allow",
            {"logs:CreateLogStream", "logs:PutLogEvents"},
            f"arn:aws:logs:REGION:ACCOUNT:log-group:/aws/lambda/sluice-dev-{handler}:*",
        ),
        (
            "Allow",
            {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"},
            f"sluice-dev-{handler}",
        ),
        ("Allow", {"sqs:SendMessage", "sqs:GetQueueUrl"}, f"{queues}*"),
        ("Deny", {"sqs:SendMessage"}, f"{queues}*-dead"),
        ("Allow", {"scheduler:CreateSchedule"}, "arn:aws:scheduler:REGION:ACCOUNT:schedule/sluice-dev/*"),
        ("Allow", {"iam:PassRole"}, "sluice-dev-REGION-scheduler"),
        ("Allow", {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}, "sluice-dev-traces"),
        ("Deny", set(WRITES), "sluice-dev-traces"),
    ]
    passing = next(one for one in role["Policies"][0]["PolicyDocument"]["Statement"] if one["Action"] == "iam:PassRole")
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    records = role["Policies"][0]["PolicyDocument"]["Statement"][-1]
    assert records["Condition"] == {
        "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["#pausing", "#blocks", "#keeping", "#history#*"]}
    }
    assert "ManagedPolicyArns" not in role
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_every_function_has_a_role_of_its_own_without_further_policies(template: Template) -> None:
    roles = [json.dumps(function["Role"]) for function in template.properties("AWS::Lambda::Function")]
    assert len(set(roles)) == len(roles)
    assert not template.of_type("AWS::IAM::Policy")
    # The managed policies are for a team's people. No function has them.
    assert all("ManagedPolicyArns" not in role for role in template.properties("AWS::IAM::Role"))
    for policy in template.properties("AWS::IAM::ManagedPolicy"):
        assert not policy.keys() & {"Roles", "Users", "Groups"}
