"""Statements and conditions of IAM policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_iam as iam
from sluice.stage.names import BLOCKED_TAG

Conditions = Mapping[str, Any]

_PARTITION = "dynamodb:LeadingKeys"

IS_BLOCKED: Conditions = {"Null": {f"aws:ResourceTag/{BLOCKED_TAG}": "false"}}
"""True of a call if its function or event source mapping has the tag of a block."""

ONLY_BLOCK_TAG: Conditions = {"ForAllValues:StringEquals": {"aws:TagKeys": [BLOCKED_TAG]}}
"""True of a call that changes no tag but that of a block."""


def only_partitions(partitions: Sequence[str]) -> Conditions:
    """Return what is true of a call to DynamoDB if it concerns no partitions but these.

    Args:
        partitions: their keys; a star stands for any characters.
    """
    # A call without a key would be true of every key that it has.
    return {"ForAllValues:StringLike": {_PARTITION: [*partitions]}, "Null": {_PARTITION: "false"}}


def no_partitions(partitions: Sequence[str]) -> Conditions:
    """Return what is true of a call to DynamoDB if it concerns none of these partitions.

    Args:
        partitions: their keys; a star stands for any characters.
    """
    return {"ForAllValues:StringNotLike": {_PARTITION: [*partitions]}, "Null": {_PARTITION: "false"}}


SCHEDULER = "scheduler.amazonaws.com"
"""EventBridge Scheduler, as the principal that takes on a role."""


def allow(
    sid: str, actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None = None
) -> iam.PolicyStatement:
    """Make a statement that allows actions."""
    return iam.PolicyStatement(sid=sid, actions=[*actions], resources=[*resources], conditions=conditions)


def deny(
    sid: str, actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None = None
) -> iam.PolicyStatement:
    """Make a statement that forbids actions, whatever other policies allow."""
    return iam.PolicyStatement(
        sid=sid, effect=iam.Effect.DENY, actions=[*actions], resources=[*resources], conditions=conditions
    )


def deny_all_but(
    sid: str, actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None = None
) -> iam.PolicyStatement:
    """Make a statement that forbids every action but these, also those that AWS has yet to invent."""
    return iam.PolicyStatement(
        sid=sid, effect=iam.Effect.DENY, not_actions=[*actions], resources=[*resources], conditions=conditions
    )


def pass_to_scheduler(sid: str, role_arn: str) -> iam.PolicyStatement:
    """Make a statement that allows passing a role to EventBridge Scheduler, as creating or updating a schedule does."""
    return allow(sid, ["iam:PassRole"], [role_arn], {"StringEquals": {"iam:PassedToService": SCHEDULER}})
