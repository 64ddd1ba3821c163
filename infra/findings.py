"""Findings of scanners that stay, each with its reason.

cdk-nag reads the reasons from the constructs, Checkov from the template. So a team that runs these scanners itself sees
the same reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Acknowledgment, CfnResource, Stack, Validations
from constructs import IConstruct

_CHECKOV = "CKV_"

_PYTHON = "The layer's packages are built for this Python. A newer one is a change of its own"

FUNCTION_FINDINGS: Mapping[str, str] = {
    "AwsSolutions-L1": _PYTHON,
    "Serverless-LambdaLatestVersion": _PYTHON,
    "Serverless-LambdaTracing": "Sluice writes traces of its own, which need no X-Ray",
    "CKV_AWS_115": "Reserved concurrency 0 is how a handler is paused. The template must not set it",
    "CKV_AWS_117": "It calls AWS's own endpoints only. A handler that needs a VPC gets it in app.py",
    "CKV_AWS_173": "The variables hold no secrets, and AWS encrypts them with a key of its own",
}
"""Findings that every function has."""


def accept(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Record why findings about a construct stay.

    Args:
        construct: the construct. Its default child is the resource that Checkov means.
        reasons: the reasons by the scanners' rules, such as `AwsSolutions-SQS3` or `CKV_AWS_27`.
    """
    nag = {rule: reason for rule, reason in reasons.items() if not rule.startswith(_CHECKOV)}
    if nag:
        Validations.of(construct).acknowledge(
            # cdk-nag's rules begin with the name of their pack.
            *(Acknowledgment(id=f"{rule.partition('-')[0]}::{rule}", reason=reason) for rule, reason in nag.items())
        )
    skipped = [{"id": rule, "comment": reason} for rule, reason in reasons.items() if rule.startswith(_CHECKOV)]
    if skipped:
        resource = construct.node.default_child
        if not isinstance(resource, CfnResource):
            raise TypeError(f"{construct.node.path} has no resource of its own for {skipped}")
        others = resource.get_metadata("checkov")
        resource.add_metadata("checkov", {"skip": [*(others or {"skip": []})["skip"], *skipped]})


def accept_wildcards(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Record why the statements of a role or a policy name resources with a star.

    Args:
        construct: the role or the policy.
        reasons: the reasons by the resources, as the statements have them.
    """
    stack = Stack.of(construct)
    accept(
        construct,
        {f"AwsSolutions-IAM5[Resource::{_shown(stack, name)}]": reason for name, reason in reasons.items()},
    )


def _shown(stack: Stack, resource: str) -> str:
    """Return a resource as cdk-nag shows it: `<NAME>` stands for what the deployment fills in."""
    resolved = stack.resolve(resource)
    parts = [resolved] if isinstance(resolved, str) else resolved["Fn::Join"][1]
    return "".join(part if isinstance(part, str) else f"<{_reference(part)}>" for part in parts)


def _reference(part: Mapping[str, Any]) -> str:
    return part["Ref"] if "Ref" in part else ".".join(part["Fn::GetAtt"])
