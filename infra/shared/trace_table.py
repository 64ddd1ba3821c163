"""The trace table."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct
from sluice.stage.names import METRICS_NAMESPACE, Names
from sluice.traces.failure import INDEX, INDEX_ATTRIBUTES, INDEX_PARTITION, INDEX_SORT
from sluice.traces.item import NEW_TABLE_WRITES
from sluice.worker.telemetry_names import NOT_WRITTEN_METRIC, dimensions_of_stage

from ..findings import accept
from ..iam import deny
from ..protection import Protection, removal_policy
from .alarms import Alarms

_WRITES = [
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
]
"""Every action that writes items. IAM checks a transaction as the single writes in it."""


class TraceTable(Construct):
    """One table for all handlers of a stage.

    Args:
        scope: the stack.
        construct_id: its id there.
        names: the stage's names.
        protection: the key that encrypts it, and whether it can be deleted.
        warm_writes: writes a second that the table takes from the start; None for what a new one takes.

    Attributes:
        table: the table.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        protection: Protection,
        warm_writes: int | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=names.trace_table,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            # On demand, so that nobody has to guess how many events there will be.
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires_at",
            # For `sluice tail`. It costs nothing that is not read.
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if protection.key else None,
            encryption_key=protection.key,
            deletion_protection=protection.keep_table or None,
            # Traces are the only record of runs.
            removal_policy=removal_policy(names.stage),
            warm_throughput=dynamodb.WarmThroughput(write_units_per_second=warm_writes) if warm_writes else None,
        )
        if protection.key is None:
            accept(self.table, {"CKV_AWS_119": "DynamoDB encrypts it with a key that AWS owns"})
        # Only the items of failed runs have its keys, so only they cost a second write.
        self.table.add_global_secondary_index(
            index_name=INDEX,
            partition_key=dynamodb.Attribute(name=INDEX_PARTITION, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=INDEX_SORT, type=dynamodb.AttributeType.NUMBER),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=[*INDEX_ATTRIBUTES],
        )

    def watch(self, alarms: Alarms, names: Names) -> None:
        """Add the alarm for traces that could not be written.

        Args:
            alarms: the stage's alarms.
            names: the stage's names.
        """
        alarms.add(
            self,
            "Missing",
            f"{names.prefix}-traces-missing",
            f"Traces of stage {names.stage} could not be written, and are in their functions' logs only. Does DynamoDB"
            f" throttle {names.trace_table}? A new table takes {NEW_TABLE_WRITES:,} writes a second, and twice as many"
            " half an hour later",
            metric=cloudwatch.Metric(
                namespace=METRICS_NAMESPACE,
                metric_name=NOT_WRITTEN_METRIC,
                dimensions_map=dimensions_of_stage(names.stage),
                period=Duration.minutes(5),
                statistic=cloudwatch.Stats.SUM,
            ),
            at_least=1,
        )

    @property
    def failures_arn(self) -> str:
        """The ARN of the index of failed runs."""
        return f"{self.table.table_arn}/index/{INDEX}"

    @property
    def stream_arns(self) -> str:
        """The ARNs of its streams."""
        return f"{self.table.table_arn}/stream/*"

    def deny_writes(self, *partitions: str) -> iam.PolicyStatement:
        """Make a statement that forbids writing to partitions, whatever other policies allow.

        Args:
            partitions: their keys; a star stands for any characters.
        """
        # One such key among a call's keys is enough: a batch would write that item together with the others.
        conditions = {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": list(partitions)}}
        return deny("LeaveRecords", _WRITES, [self.table.table_arn], conditions)
