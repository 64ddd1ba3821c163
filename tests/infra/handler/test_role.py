"""The roles of functions."""

from __future__ import annotations

import json

import pytest
from sluice.stage.names import BLOCKS, HISTORY, KEEPING, PAUSES, UNHANDLED

from tests.infra.support.entries import HANDLERS
from tests.infra.support.evaluation import TABLE, WRITES, decision, role, statements_of
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
        ("Allow", {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}, TABLE),
        ("Allow", {"dynamodb:PutItem"}, TABLE),
        ("Allow", {"dynamodb:PutItem"}, TABLE),
        ("Allow", {"dynamodb:UpdateItem"}, TABLE),
        ("Deny", set(WRITES), TABLE),
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


OWN = ["plain#07", "#key#plain#0a1b", "#message#plain#01", "#lease#plain"]
"""Partitions of the handler `plain`: its traces and its locks."""

OTHERS = ["nightly#07", "#key#nightly#0a1b", "#message#nightly#01", "#lease#nightly", "#lease#plain-two"]
"""Partitions of other handlers."""

RECORDS = [PAUSES, BLOCKS, KEEPING, f"{HISTORY}plain"]

FUTURE = "plain-two#07"
"""A partition of traces whose name has no handler."""


@pytest.mark.parametrize(
    ("action", "partitions"),
    [
        *((action, [own]) for action in ("GetItem", "PutItem", "UpdateItem") for own in OWN),
        # What an emit to a name without a handler writes.
        ("PutItem", [FUTURE]),
        ("PutItem", ["#event#01"]),
        ("UpdateItem", [UNHANDLED]),
    ],
)
def test_a_handler_may_use_its_own_rows_and_record_events_without_a_handler(
    template: Template, action: str, partitions: list[str]
) -> None:
    policy = role(template, "sluice-dev-plain")
    assert decision([policy], f"dynamodb:{action}", TABLE, partitions=partitions) == "Allow"


@pytest.mark.parametrize(
    ("action", "partitions"),
    [
        *((action, [one]) for action in ("GetItem", "PutItem", "UpdateItem") for one in (*OTHERS, *RECORDS)),
        *(("PutItem", ["plain#07", one]) for one in OTHERS),
        ("GetItem", [FUTURE]),
        ("UpdateItem", [FUTURE]),
        ("GetItem", ["#event#01"]),
        ("PutItem", [UNHANDLED]),
        ("Query", ["plain#07"]),
        ("BatchGetItem", ["plain#07"]),
        ("DeleteItem", ["plain#07"]),
        ("Scan", None),
        ("PutItem", None),
    ],
)
def test_a_handler_neither_reads_nor_writes_other_rows(
    template: Template, action: str, partitions: list[str] | None
) -> None:
    policy = role(template, "sluice-dev-plain")
    assert decision([policy], f"dynamodb:{action}", TABLE, partitions=partitions) != "Allow"
