"""The three policies for a team's people, evaluated as IAM evaluates them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sluice.stage import names
from sluice.stage.names import BLOCKS, MAX_STAGE, UNHANDLED_PARTS

from tests.infra.support.entries import PLAIN
from tests.infra.support.evaluation import (
    EVERYTHING,
    FUNCTION,
    MAPPING,
    MAX_ROLE_POLICIES,
    QUEUE,
    RECONCILER,
    TABLE,
    decision,
    document,
    reconciler,
    role,
)
from tests.infra.support.synth import Template

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
"""Every call that could lift a block or go around it."""


@pytest.mark.parametrize(("action", "resource"), LIFTING)
def test_an_operator_cannot_lift_a_block_whatever_other_policies_allow(
    template: Template, action: str, resource: str
) -> None:
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
def test_an_operator_may_pause_and_redrive_a_handler_that_is_not_blocked(
    template: Template, action: str, resource: str
) -> None:
    assert decision([document(template, "operator")], action, resource, blocked=False) == "Allow"
    assert decision([document(template, "viewer")], action, resource, blocked=False) == "ImplicitDeny"


def test_an_operator_may_receive_from_dead_letter_queues_only(template: Template) -> None:
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage"):
        assert decision([document(template, "operator")], action, QUEUE, blocked=False) == "ImplicitDeny"
    assert decision([document(template, "operator")], "sqs:PurgeQueue", f"{QUEUE}-dead", blocked=False) != "Allow"


def test_an_operators_other_tags_are_not_denied(template: Template) -> None:
    policies = [document(template, "operator"), EVERYTHING]
    assert decision(policies, "lambda:TagResource", FUNCTION, blocked=False, keys=["team"]) == "Allow"


@pytest.mark.parametrize(("action", "resource"), [*LIFTING[:2], LIFTING[9], LIFTING[10], LIFTING[13]])
def test_an_admin_may_lift_a_block(template: Template, action: str, resource: str) -> None:
    policies = [document(template, "admin")]
    assert decision(policies, action, resource, blocked=True, keys=["sluice:blocked"]) == "Allow"


def test_the_policies_show_the_stage_s_own_alarms_only(template: Template) -> None:
    for kind in ("viewer", "operator", "admin"):
        policies = [document(template, kind)]
        for name, verdict in (("sluice-dev-plain-dead", "Allow"), ("somebody-elses", "ImplicitDeny")):
            alarm = f"arn:aws:cloudwatch:REGION:ACCOUNT:alarm:{name}"
            assert decision(policies, "cloudwatch:DescribeAlarms", alarm) == verdict, kind


def test_a_viewer_may_only_read(template: Template) -> None:
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
"""Calls that could stop the reconciler, or make it do something else."""


@pytest.mark.parametrize("resource", [RECONCILER, f"{RECONCILER}:1"])
@pytest.mark.parametrize("action", CHANGES)
def test_an_operator_cannot_stop_the_reconciler_whatever_other_policies_allow(
    template: Template, action: str, resource: str
) -> None:
    for policies in ([document(template, "operator")], [document(template, "operator"), EVERYTHING]):
        assert decision(policies, action, resource) == "Deny"


def test_an_operator_may_invoke_and_see_the_reconciler(template: Template) -> None:
    for action in ("lambda:InvokeFunction", "lambda:GetFunction"):
        assert decision([document(template, "operator")], action, RECONCILER) == "Allow"


@pytest.mark.parametrize("resource", [FUNCTION, MAPPING])
@pytest.mark.parametrize("action", ["lambda:TagResource", "lambda:UntagResource"])
def test_an_operator_cannot_block(template: Template, action: str, resource: str) -> None:
    policies = [document(template, "operator"), EVERYTHING]
    for keys in (["sluice:blocked"], ["team", "sluice:blocked"]):
        assert decision(policies, action, resource, keys=keys) == "Deny"
    assert decision(policies, action, resource, keys=["team"]) == "Allow"


def test_an_operator_cannot_make_a_second_mapping_for_a_handler(template: Template) -> None:
    policies = [document(template, "operator"), EVERYTHING]
    assert decision(policies, "lambda:CreateEventSourceMapping", "*") == "Deny"


def without(policy: Any, sid: str) -> Any:
    return policy | {"Statement": [one for one in policy["Statement"] if one["Sid"] != sid]}


NEEDED = {
    "LeaveBlocked": ("lambda:UpdateFunctionCode", FUNCTION, {"blocked": True}),
    "LeaveTheTag": ("lambda:TagResource", MAPPING, {"keys": ["sluice:blocked"]}),
    "MakeNoSecondMapping": ("lambda:CreateEventSourceMapping", "*", {}),
    "LeaveRecords": ("dynamodb:PutItem", TABLE, {"partitions": [BLOCKS]}),
    "LeaveTheReconciler": ("lambda:PutFunctionConcurrency", RECONCILER, {}),
}
"""For each Deny of the operator's policy, a call that no other statement of it forbids."""


def test_each_deny_statement_is_needed(template: Template) -> None:
    policy = document(template, "operator")
    assert {one["Sid"] for one in policy["Statement"] if one["Effect"] == "Deny"} == set(NEEDED)
    for sid, (action, resource, request) in NEEDED.items():
        options: Any = request
        assert decision([policy, EVERYTHING], action, resource, **options) == "Deny", sid
        assert decision([without(policy, sid), EVERYTHING], action, resource, **options) == "Allow", sid


MAX_POLICY = 6_144
"""Characters of a managed policy, without spaces. AWS's limit."""


def longest(policy: Any, *, table: str) -> int:
    """Return the length of a policy with the longest names that a deployment can fill in."""
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


def test_policies_keep_to_iams_size_limits_for_the_longest_stage_name(template: Template) -> None:
    for kind in ("viewer", "operator", "admin"):
        assert longest(document(template, kind), table=TABLE) <= MAX_POLICY, kind
        assert f"{kind.capitalize()}Policy" in template.content["Outputs"]
    for function in ("sluice-dev--reconciler", "sluice-dev-plain"):
        assert longest(role(template, function), table=TABLE) <= MAX_ROLE_POLICIES


def test_only_an_admin_deletes_traces_and_nobody_other_rows(template: Template) -> None:
    def answer(kind: str, partition: str) -> str:
        return decision([document(template, kind)], "dynamodb:DeleteItem", TABLE, partitions=[partition])

    for partition in ("plain#7", "gone#0", "#event#01909a3e-7c5b-7d1e-8f3a-0123456789ab"):
        assert answer("admin", partition) == "Allow"
        assert {answer(kind, partition) for kind in ("viewer", "operator")} == {"ImplicitDeny"}
    rows = [value for value in vars(names).values() if isinstance(value, str) and value.startswith("#")]
    assert len(rows) == 10
    for partition in (row + "plain" if row[-1] == "#" else row for row in rows if row != UNHANDLED_PARTS):
        assert answer("admin", partition) != "Allow", partition


@pytest.mark.parametrize("group", ["default", "sluice-devtwo-crons", "others"])
def test_nobody_sees_or_changes_schedules_of_other_groups(template: Template, group: str) -> None:
    policies = {kind: document(template, kind) for kind in ("viewer", "operator", "admin")}
    policies["reconciler"] = reconciler(template)
    policies["handler"] = role(template, "sluice-dev-plain")
    for name, policy in policies.items():
        for verb in ("Get", "Create", "Update", "Delete"):
            schedule = f"arn:aws:scheduler:REGION:ACCOUNT:schedule/{group}/sluice-dev-plain"
            assert decision([policy], f"scheduler:{verb}Schedule", schedule) == "ImplicitDeny", (name, verb)
    crons = "arn:aws:scheduler:REGION:ACCOUNT:schedule/sluice-dev-crons/plain"
    may_see = {name for name in policies if decision([policies[name]], "scheduler:GetSchedule", crons) == "Allow"}
    may_change = {name for name in policies if decision([policies[name]], "scheduler:UpdateSchedule", crons) == "Allow"}
    assert (may_see, may_change) == ({"viewer", "operator", "admin", "reconciler"}, {"reconciler"})


def test_a_role_that_may_get_a_function_may_list_its_tags(template: Template) -> None:
    """AWS shows them only to a caller who may list them. Without them, no function looks blocked."""
    documents = {kind: [document(template, kind)] for kind in ("viewer", "operator", "admin")}
    documents["reconciler"] = [reconciler(template)]
    for kind, policies in documents.items():
        for blocked in (True, False):
            calls = ("lambda:GetFunction", "lambda:ListTags")
            assert {decision(policies, call, FUNCTION, blocked=blocked) for call in calls} == {"Allow"}, kind


@pytest.mark.parametrize("key", ["sluice:blocked", "Sluice:Blocked", "SLUICE:BLOCKED"])
def test_an_operator_cannot_set_the_tag_of_a_block_in_any_case(template: Template, key: str) -> None:
    """IAM ignores case when it looks up a resource's tag, so any spelling would block the handler for everybody."""
    policies = [document(template, "operator"), EVERYTHING]
    for resource in (FUNCTION, MAPPING):
        assert decision(policies, "lambda:TagResource", resource, keys=[key, "team"]) == "Deny"


LOGS = "arn:aws:logs:REGION:ACCOUNT:log-group:/aws/lambda/"


def test_everybody_sees_logs_in_the_lambda_console_and_nobody_others_logs(template: Template) -> None:
    for kind in ("viewer", "operator", "admin"):
        policies = [document(template, kind)]
        assert decision(policies, "logs:DescribeLogGroups", "*") == "Allow"
        for verb in ("DescribeLogStreams", "GetLogEvents", "FilterLogEvents"):
            assert decision(policies, f"logs:{verb}", f"{LOGS}sluice-dev-plain:*") == "Allow"
            assert decision(policies, f"logs:{verb}", f"{LOGS}others:*") == "ImplicitDeny"


def test_who_may_redrive_may_do_so_with_the_button_in_the_sqs_console(template: Template) -> None:
    tasks = ["sqs:StartMessageMoveTask", "sqs:ListMessageMoveTasks", "sqs:CancelMessageMoveTask"]
    for kind, wanted in (("viewer", "ImplicitDeny"), ("operator", "Allow"), ("admin", "Allow")):
        policies = [document(template, kind)]
        for action in (*tasks, "sqs:ReceiveMessage", "sqs:DeleteMessage"):
            assert decision(policies, action, f"{QUEUE}-dead") == wanted
            # A task that moves events away from a handler's queue would take them from the handler.
            assert decision(policies, action, QUEUE) == "ImplicitDeny"


@pytest.mark.parametrize("function", ["arn:aws:lambda:REGION:ACCOUNT:function:somebody-elses", None])
def test_nobody_sees_the_mapping_of_another_program(template: Template, function: str | None) -> None:
    call = "lambda:GetEventSourceMapping"
    for kind in ("viewer", "operator", "admin"):
        policies = [document(template, kind)]
        assert decision(policies, call, MAPPING, function=function) == "ImplicitDeny"
        assert decision(policies, call, MAPPING, function=FUNCTION) == "Allow"
