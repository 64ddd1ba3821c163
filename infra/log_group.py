"""The log groups of functions."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from .findings import accept

RETENTION = logs.RetentionDays.ONE_MONTH
"""As long as traces, by default: a trace names its log stream."""


def make_log_group(scope: Construct, construct_id: str, *, function: str) -> logs.LogGroup:
    """Make the log group of a function, to be removed with it.

    Args:
        scope: the construct that has it.
        construct_id: its id there.
        function: the function's name.
    """
    log_group = logs.LogGroup(
        scope,
        construct_id,
        log_group_name=f"/aws/lambda/{function}",
        retention=RETENTION,
        removal_policy=RemovalPolicy.DESTROY,
    )
    accept(log_group, {"CKV_AWS_158": "CloudWatch Logs encrypts it with a key that AWS owns"})
    return log_group
