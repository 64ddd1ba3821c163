"""The three policies and the handlers' roles in the template, evaluated as IAM evaluates them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sluice.stage.names import BLOCKS, HISTORY, KEEPING, MAX_STAGE, PAUSES

from tests.infra.conftest import PLAIN
from tests.infra.evaluation import (
    EVERYTHING,
    FUNCTION,
    MAPPING,
    QUEUE,
    RECONCILER,
    TABLE,
    WRITES,
    decision,
    document,
    reconciler,
    role,
)
from tests.infra.synth import Template

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


CHANGES = [
    "lambda:PutFunctionConcurrency",
    "lambda:DeleteFunctionConcurrency",
    "lambda:DeleteFunction",
    "lambda:UpdateFunctionConfiguration",
    "lambda:UpdateFunctionCode",
    "lambda:AddPermission",
    "lambda:RemovePermission",
    "lambda:PutFunctionEventInvokeConfig",
    "lambda:TagResource",
]
"""Calls by which the reconciler could be stopped, or made to do something else."""


@pytest.mark.parametrize("resource", [RECONCILER, f"{RECONCILER}:1"])
@pytest.mark.parametrize("action", CHANGES)
def test_an_operator_cannot_stop_the_reconciler_whatever_else_he_may(
    template: Template, action: str, resource: str
) -> None:
    for policies in ([document(template, "operator")], [document(template, "operator"), EVERYTHING]):
        assert decision(policies, action, resource) == "Deny"


def test_an_operator_sets_off_the_reconciler_and_looks_at_it(template: Template) -> None:
    for action in ("lambda:InvokeFunction", "lambda:GetFunction"):
        assert decision([document(template, "operator")], action, RECONCILER) == "Allow"


@pytest.mark.parametrize("resource", [FUNCTION, MAPPING])
@pytest.mark.parametrize("action", ["lambda:TagResource", "lambda:UntagResource"])
def test_an_operator_cannot_put_a_block_where_there_is_none(template: Template, action: str, resource: str) -> None:
    policies = [document(template, "operator"), EVERYTHING]
    for keys in (["sluice:blocked"], ["team", "sluice:blocked"]):
        assert decision(policies, action, resource, keys=keys) == "Deny"
    assert decision(policies, action, resource, keys=["team"]) == "Allow"


def test_an_operator_makes_no_second_mapping_for_a_handler_that_is_not_blocked(template: Template) -> None:
    policies = [document(template, "operator"), EVERYTHING]
    assert decision(policies, "lambda:CreateEventSourceMapping", "*") == "Deny"


TRACES = "plain#07"
UNHANDLED = "#no-handler"
PLAIN_S = f"{HISTORY}plain"


def who(template: Template, kind: str) -> Any:
    return role(template, "sluice-dev-plain") if kind == "handler" else document(template, kind)


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize(
    ("kind", "partitions"),
    [
        ("handler", [PAUSES, BLOCKS, KEEPING, PLAIN_S, f"{HISTORY}another"]),
        ("operator", [BLOCKS, KEEPING]),
        ("admin", [KEEPING]),
    ],
)
def test_some_partitions_are_not_to_be_written_whatever_else_is_allowed(
    template: Template, kind: str, partitions: list[str], action: str
) -> None:
    policies = [who(template, kind), EVERYTHING]
    for partition in partitions:
        # Alone, and as one of several: of a batch, or of a transaction.
        assert decision(policies, action, TABLE, partitions=[partition]) == "Deny"
        assert decision(policies, action, TABLE, partitions=[TRACES, partition]) == "Deny"
    assert decision(policies, action, TABLE, partitions=[TRACES, UNHANDLED]) == "Allow"


@pytest.mark.parametrize(
    ("kind", "partitions"),
    [
        ("handler", [TRACES, UNHANDLED, "#event#id", "#lease#plain"]),
        ("operator", [PAUSES, PLAIN_S, TRACES, UNHANDLED]),
        ("admin", [PAUSES, BLOCKS, PLAIN_S, TRACES, UNHANDLED]),
    ],
)
def test_the_others_are_written_by_who_needs_it(template: Template, kind: str, partitions: list[str]) -> None:
    for partition in partitions:
        assert decision([who(template, kind)], "dynamodb:PutItem", TABLE, partitions=[partition]) == "Allow", partition
        assert decision([document(template, "viewer")], "dynamodb:PutItem", TABLE, partitions=[partition]) != "Allow"


@pytest.mark.parametrize("kind", ["viewer", "operator", "admin"])
def test_all_are_read_by_everybody(template: Template, kind: str) -> None:
    for partition in (PAUSES, BLOCKS, KEEPING, PLAIN_S, TRACES):
        assert decision([document(template, kind)], "dynamodb:Query", TABLE, partitions=[partition]) == "Allow"


def without(policy: Any, sid: str) -> Any:
    return policy | {"Statement": [one for one in policy["Statement"] if one["Sid"] != sid]}


NEEDED = {
    "LeaveBlocked": ("lambda:UpdateFunctionCode", FUNCTION, {"blocked": True}),
    "LeaveTheTag": ("lambda:TagResource", MAPPING, {"keys": ["sluice:blocked"]}),
    "MakeNoSecondMapping": ("lambda:CreateEventSourceMapping", "*", {}),
    "LeaveRecords": ("dynamodb:PutItem", TABLE, {"partitions": [BLOCKS]}),
    "LeaveTheReconciler": ("lambda:PutFunctionConcurrency", RECONCILER, {}),
}
"""For each thing that the operator's policy forbids, a call that nothing else in it forbids."""


def test_each_statement_that_forbids_is_needed(template: Template) -> None:
    policy = document(template, "operator")
    assert {one["Sid"] for one in policy["Statement"] if one["Effect"] == "Deny"} == set(NEEDED)
    for sid, (action, resource, about) in NEEDED.items():
        options: Any = about
        assert decision([policy, EVERYTHING], action, resource, **options) == "Deny", sid
        assert decision([without(policy, sid), EVERYTHING], action, resource, **options) == "Allow", sid


MAX_POLICY = 6_144
"""Characters of a managed policy, spaces not counted. AWS's limit."""

MAX_ROLE_POLICIES = 10_240
"""The same of all the policies that are a role's own."""


def longest(policy: Any, *, table: str) -> int:
    """The length of a policy with the longest names that it can be deployed with."""
    text = json.dumps(policy, separators=(",", ":"))
    for short, long in (
        (f'"{table}"', f'"arn:aws:dynamodb:REGION:ACCOUNT:table/{table}"'),
        (f'"sluice-dev-{PLAIN.name}"', f'"arn:aws:sqs:REGION:ACCOUNT:sluice-dev-{PLAIN.name}"'),
        ("sluice-dev", "sluice-" + "s" * MAX_STAGE),
        ("REGION", "ap-southeast-1"),
        ("ACCOUNT", "1" * 12),
        ("arn:aws:", "arn:aws-us-gov:"),
    ):
        text = text.replace(short, long)
    return len(text)


def test_the_policies_are_short_enough_whatever_the_stage_s_name(template: Template) -> None:
    for kind in ("viewer", "operator", "admin"):
        assert longest(document(template, kind), table=TABLE) <= MAX_POLICY, kind
        assert f"{kind.capitalize()}Policy" in template.content["Outputs"]
    for function in ("sluice-dev--reconciler", "sluice-dev-plain"):
        assert longest(role(template, function), table=TABLE) <= MAX_ROLE_POLICIES


def test_whoever_may_get_a_function_sees_its_tags(template: Template) -> None:
    """AWS shows them only to who may list them; without, nobody is blocked."""
    documents = {kind: [document(template, kind)] for kind in ("viewer", "operator", "admin")}
    documents["reconciler"] = [reconciler(template)]
    for kind, policies in documents.items():
        for blocked in (True, False):
            calls = ("lambda:GetFunction", "lambda:ListTags")
            assert {decision(policies, call, FUNCTION, blocked=blocked) for call in calls} == {"Allow"}, kind


@pytest.mark.parametrize("key", ["sluice:blocked", "Sluice:Blocked", "SLUICE:BLOCKED"])
def test_an_operator_sets_no_tag_that_iam_takes_for_a_block(template: Template, key: str) -> None:
    """IAM does not tell the case of a tag's name apart when it looks for one, and would keep everybody off."""
    policies = [document(template, "operator"), EVERYTHING]
    for resource in (FUNCTION, MAPPING):
        assert decision(policies, "lambda:TagResource", resource, keys=[key, "team"]) == "Deny"
