"""The table that traces are written to."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct
from sluice.stage.names import LOCAL_STAGE, Names

_WRITES = [
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
]
"""Every call that writes items. A transaction is checked as the single calls that it is made of."""


class TraceTable(Construct):
    """One table for all handlers of a stage.

    Args:
        scope: the stack.
        construct_id: its id there.
        names: the stage's.

    Attributes:
        table: the table.
    """

    def __init__(self, scope: Construct, construct_id: str, *, names: Names) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=names.trace_table,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            # Nobody has to guess how many events there will be.
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            # Traces are the only record of what ran: they outlive a stack removed by mistake.
            removal_policy=RemovalPolicy.DESTROY if names.stage == LOCAL_STAGE else RemovalPolicy.RETAIN,
        )

    def leave(self, *partitions: str) -> iam.PolicyStatement:
        """A statement that forbids writing to partitions, also to who may write the table.

        Args:
            partitions: their keys; a star stands for any characters.
        """
        return iam.PolicyStatement(
            sid="LeaveRecords",
            effect=iam.Effect.DENY,
            actions=_WRITES,
            resources=[self.table.table_arn],
            # Any of a call's keys is enough: one item among others would be written, too.
            conditions={"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": list(partitions)}},
        )
