"""Evaluation of the template's policies, as IAM does it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document  # type: ignore[import-untyped]

from tests.infra.support.synth import Template

FUNCTION = "arn:aws:lambda:REGION:ACCOUNT:function:sluice-dev-plain"
RECONCILER = "arn:aws:lambda:REGION:ACCOUNT:function:sluice-dev--reconciler"
MAPPING = "arn:aws:lambda:REGION:ACCOUNT:event-source-mapping:0123"
TABLE = "sluice-dev-traces"
QUEUE = "arn:aws:sqs:REGION:ACCOUNT:sluice-dev-plain"

MAX_ROLE_POLICIES = 10_240
"""Characters of all inline policies of a role together, without spaces. AWS's limit."""

WRITES = [
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
]
"""Every action that writes items."""

EVERYTHING = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
"""The most that a role's other policies can allow."""


def document(template: Template, kind: str) -> Any:
    """Return a managed policy, with names in place of the values that a deployment fills in."""
    (policy,) = (
        found
        for found in template.properties("AWS::IAM::ManagedPolicy")
        if f"-{kind}-" in str(found["ManagedPolicyName"])
    )
    return resolved(template, policy["PolicyDocument"])


def role(template: Template, function: str) -> Any:
    """Return the policy of a function's role."""
    (policy,) = template.role_of(function)["Policies"]
    return resolved(template, policy["PolicyDocument"])


def reconciler(template: Template) -> Any:
    """Return the policy of the reconciler's role."""
    return role(template, "sluice-dev--reconciler")


def resolved(template: Template, policy: Any) -> Any:
    """Return a policy, with names in place of the values that a deployment fills in."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) & {"Ref", "Fn::GetAtt", "Fn::Join"}:
                return template.arn(value)
            return {key: walk(inner) for key, inner in value.items()}
        return [walk(inner) for inner in value] if isinstance(value, list) else value

    return walk(policy)


def decision(
    documents: list[Any],
    action: str,
    resource: str,
    *,
    blocked: bool = False,
    keys: list[str] | None = None,
    partitions: list[str] | None = None,
    function: str | None = FUNCTION,
    tags: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return IAM's decision on a call: `Allow`, `Deny` or `ImplicitDeny`.

    Args:
        documents: the caller's policies.
        action: the call's action.
        resource: the resource that it acts on.
        blocked: True if that resource has the tag of a block.
        keys: the keys of the tags that the call changes.
        partitions: the partitions of the table that the call reads or writes.
        function: the function of the event source mapping that the call is about; None if AWS does not tell.
        tags: other tags of the resource.
    """
    context: dict[str, Any] = {} if function is None else {"lambda:functionarn": function}
    if blocked:
        context["aws:resourcetag/sluice:blocked"] = "2026-11-23T10:00:00Z user/ada - why"
    context |= {f"aws:resourcetag/{key}": value for key, value in tags.items()}
    context["aws:tagkeys"] = keys
    if partitions is not None:
        context["dynamodb:leadingkeys"] = partitions
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


def statements_of(template: Template, role: dict[str, Any]) -> list[tuple[str, set[str], str]]:
    """Return the effect, the actions and the resource of each statement of a role's policy."""
    [policy] = role["Policies"]
    return [
        (
            statement["Effect"],
            {statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"]),
            template.arn(statement["Resource"]),
        )
        for statement in policy["PolicyDocument"]["Statement"]
    ]
