"""Protection beyond the defaults: a key of the team's own, and things that outlive a mistake."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct
from sluice.stage.names import LOCAL_STAGE, Names

from .arns import Arns
from .findings import accept
from .iam import allow

DATA_KEY_REUSE = Duration.hours(1)
"""Time for which SQS uses a data key before it asks KMS again. Its default of five minutes asks twelve times as often,
and each time costs money."""

READ = ["kms:Decrypt", "kms:DescribeKey"]
"""Actions that reading needs."""

WRITE = [
    *READ,
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
]
"""Actions that reading and writing need. Both stars are in AWS's own examples: the policies have a size limit."""


@dataclass(frozen=True)
class Protection:
    """The protection of a stage's data.

    Attributes:
        key: the key that encrypts the table, the queues, the topic and the logs; None for AWS's own keys.
        keep_logs: True if log groups stay when their function goes.
        keep_table: True if nobody can delete the table before the setting is off again.
    """

    key: kms.IKey | None = None
    keep_logs: bool = False
    keep_table: bool = False

    def use_key(self, *, read_only: bool = False) -> list[iam.PolicyStatement]:
        """Return what allows using the key through SQS and DynamoDB; nothing without a key.

        Args:
            read_only: True for who only reads.
        """
        if self.key is None:
            return []
        services = [f"{service}.{Aws.REGION}.amazonaws.com" for service in ("dynamodb", "sqs")]
        conditions = {"StringEquals": {"kms:ViaService": services}}
        return [allow("UseTheKey", READ if read_only else WRITE, [self.key.key_arn], conditions)]


def removal_policy(stage: str) -> RemovalPolicy:
    """Return the policy for what outlives a stack that is removed by mistake.

    A table that a failed first deployment made is empty. If it were kept, its fixed name would block every later one.
    """
    return RemovalPolicy.DESTROY if stage == LOCAL_STAGE else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE


def key_of(scope: Construct, names: Names, own_key: bool | str) -> kms.IKey | None:
    """Return the stage's key.

    Args:
        scope: the stack.
        names: the stage's names.
        own_key: the setting: True to make a key, or the ARN of one, which the local stage leaves out; False for none.
    """
    if own_key is False:
        return None
    stars = (action for action in WRITE if action.endswith("*"))
    accept(
        scope, {f"AwsSolutions-IAM5[Action::{action}]": "Only for this key, through two services" for action in stars}
    )
    if isinstance(own_key, str):
        # A key on AWS is not in the local cloud.
        if names.stage == LOCAL_STAGE:
            return None
        return kms.Key.from_key_arn(scope, "Key", own_key)
    key = kms.Key(
        scope,
        "Key",
        alias=names.stack,
        description=f"Encrypts events, traces, logs and alarms of Sluice, stage {names.stage}",
        enable_key_rotation=True,
        # Without its key a table that is kept can't be read.
        removal_policy=removal_policy(names.stage),
    )
    for statement in _for_services(Arns(scope, names)):
        key.add_to_resource_policy(statement)
    CfnOutput(
        Stack.of(scope), "KeyArn", value=key.key_arn, description="The KMS key of events, traces, logs and alarms"
    )
    return key


def _for_services(arns: Arns) -> list[iam.PolicyStatement]:
    """Return what lets AWS's services use the key on their own: CloudWatch for its alarms, and CloudWatch Logs."""
    return [
        iam.PolicyStatement(
            sid="Alarms",
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            resources=["*"],
            conditions={"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": arns.topic}},
        ),
        iam.PolicyStatement(
            sid="Logs",
            actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
            resources=["*"],
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arns.log_groups}},
        ),
    ]
