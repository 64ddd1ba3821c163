"""Evaluating the template's policies as IAM does."""

from __future__ import annotations

from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document  # type: ignore[import-untyped]

from tests.infra.synth import Template

FUNCTION = "arn:aws:lambda:REGION:ACCOUNT:function:sluice-dev-plain"
RECONCILER = "arn:aws:lambda:REGION:ACCOUNT:function:sluice-dev--reconciler"
MAPPING = "arn:aws:lambda:REGION:ACCOUNT:event-source-mapping:0123"
TABLE = "sluice-dev-traces"
QUEUE = "arn:aws:sqs:REGION:ACCOUNT:sluice-dev-plain"

WRITES = [
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
]
"""Every call that writes items."""

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


def role(template: Template, function: str) -> Any:
    """The policy of a function's role."""
    (policy,) = template.role_of(function)["Policies"]
    return resolved(template, policy["PolicyDocument"])


def reconciler(template: Template) -> Any:
    """The reconciler's."""
    return role(template, "sluice-dev--reconciler")


def resolved(template: Template, policy: Any) -> Any:
    """A policy, with names in place of what deployment fills in."""

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
) -> str:
    """What IAM says to a call: `Allow`, `Deny` or `ImplicitDeny`.

    Args:
        documents: the caller's policies.
        action: the call's.
        resource: what it is about.
        blocked: whether that has the tag of a block.
        keys: of the tags that it changes.
        partitions: of the table, that it is about.
    """
    context: dict[str, Any] = {"lambda:functionarn": FUNCTION}
    if blocked:
        context["aws:resourcetag/sluice:blocked"] = "2026-11-23T10:00:00Z user/ada - why"
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
