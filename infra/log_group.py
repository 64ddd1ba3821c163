"""The log groups of functions."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from .findings import accept
from .protection import Protection

RETENTION = logs.RetentionDays.ONE_MONTH
"""As long as traces, by default: a trace names its log stream."""


def make_log_group(scope: Construct, construct_id: str, *, function: str, protection: Protection) -> logs.LogGroup:
    """Make the log group of a function.

    Args:
        scope: the construct that has it.
        construct_id: its id there.
        function: the function's name.
        protection: the key that encrypts it, and whether it stays when the function goes.
    """
    log_group = logs.LogGroup(
        scope,
        construct_id,
        log_group_name=f"/aws/lambda/{function}",
        retention=RETENTION,
        encryption_key=protection.key,
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if protection.keep_logs else RemovalPolicy.DESTROY,
    )
    if protection.key is None:
        accept(log_group, {"CKV_AWS_158": "CloudWatch Logs encrypts it with a key that AWS owns"})
    return log_group
