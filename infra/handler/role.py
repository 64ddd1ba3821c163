"""What a handler's function may do, and nothing else."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from sluice.stage.names import BLOCKS, DEAD_SUFFIX, HISTORY, KEEPING, PAUSES, Names

from ..shared.scheduler import SERVICE, StageScheduler
from ..shared.trace_table import TraceTable


class FunctionRole(Construct):
    """The role of one handler's function.

    Its policy is part of the role itself, so that the event source mapping finds it in place.

    Args:
        scope: the handler.
        construct_id: its id there.
        names: the stage's.
        queue: the handler's.
        log_group: the function's.
        traces: the stage's.
        scheduler: what all of the stage's schedules share.

    Attributes:
        role: the role.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        queue: sqs.IQueue,
        log_group: logs.ILogGroup,
        traces: TraceTable,
        scheduler: StageScheduler,
    ) -> None:
        super().__init__(scope, construct_id)
        statements = [
            _allow(
                "Log",
                ["logs:CreateLogStream", "logs:PutLogEvents"],
                Stack.of(self).format_arn(
                    service="logs",
                    resource="log-group",
                    resource_name=f"{log_group.log_group_name}:*",
                    arn_format=ArnFormat.COLON_RESOURCE_NAME,
                ),
            ),
            _allow(
                "TakeEvents",
                [
                    "sqs:ReceiveMessage",
                    "sqs:DeleteMessage",
                    "sqs:ChangeMessageVisibility",
                    "sqs:GetQueueAttributes",
                ],
                queue.queue_arn,
            ),
            # To every name, also one that has no handler yet: SQS then says that there is no such queue, and not
            # that it must not be seen.
            _allow("Emit", ["sqs:SendMessage", "sqs:GetQueueUrl"], _queues(self, f"{names.prefix}*")),
            iam.PolicyStatement(
                sid="LeaveDeadLetters",
                effect=iam.Effect.DENY,
                actions=["sqs:SendMessage"],
                resources=[_queues(self, f"{names.prefix}*{DEAD_SUFFIX}")],
            ),
            _allow(
                "EmitForLater",
                ["scheduler:CreateSchedule"],
                Stack.of(self).format_arn(
                    service="scheduler", resource="schedule", resource_name=f"{names.schedule_group}/*"
                ),
            ),
            iam.PolicyStatement(
                sid="ScheduleAsScheduler",
                actions=["iam:PassRole"],
                resources=[scheduler.role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": SERVICE}},
            ),
            _allow("Trace", ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], traces.table.table_arn),
            # The reconciler does what they say: who writes them can unpause and block, or let events expire.
            traces.leave(PAUSES, BLOCKS, KEEPING, f"{HISTORY}*"),
        ]
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"handler": iam.PolicyDocument(statements=statements)},
        )


def _allow(sid: str, actions: list[str], resource: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=actions, resources=[resource])


def _queues(scope: Construct, pattern: str) -> str:
    return Stack.of(scope).format_arn(service="sqs", resource=pattern, arn_format=ArnFormat.NO_RESOURCE_NAME)
