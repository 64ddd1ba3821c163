"""The role of a handler's function."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from sluice.stage.names import BLOCKS, HISTORY, KEEPING, PAUSES, UNHANDLED, UNHANDLED_PARTS, Names, partitions_of

from ..arns import Arns
from ..findings import accept_wildcards
from ..iam import allow, deny, no_partitions, only_partitions, pass_to_scheduler
from ..protection import Protection
from ..shared.scheduler import StageScheduler
from ..shared.trace_table import TraceTable


class HandlerRole(Construct):
    """The role of one handler's function. It allows what the worker and `emit` call, and nothing else.

    The policy is part of the role itself, so that it is in place when the event source mapping is made.

    Args:
        scope: the handler's construct.
        construct_id: its id there.
        names: the stage's names.
        handler: the handler's name.
        others: the names of the stage's other handlers.
        pauses_itself: True if it may tell the reconciler that too many of its runs fail.
        queue: the handler's queue.
        log_group: the function's log group.
        traces: the stage's trace table.
        protection: the key that encrypts queues and table.
        scheduler: the role and the group of the stage's schedules.

    Attributes:
        role: the role.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        handler: str,
        others: Sequence[str],
        pauses_itself: bool,
        queue: sqs.IQueue,
        log_group: logs.ILogGroup,
        traces: TraceTable,
        protection: Protection,
        scheduler: StageScheduler,
    ) -> None:
        super().__init__(scope, construct_id)
        arns = Arns(self, names)
        statements = [
            allow("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], [arns.logs(log_group.log_group_name)]),
            allow(
                "TakeEvents",
                [
                    "sqs:ReceiveMessage",
                    "sqs:DeleteMessage",
                    "sqs:ChangeMessageVisibility",
                    "sqs:GetQueueAttributes",
                ],
                [queue.queue_arn],
            ),
            # To every name, also one without a handler yet: SQS then says that there is no such queue. Without the
            # right it would say that access is denied.
            allow("Emit", ["sqs:SendMessage", "sqs:GetQueueUrl"], [arns.queues]),
            deny("LeaveDeadLetters", ["sqs:SendMessage"], [arns.dead_letter_queues]),
            allow("EmitForLater", ["scheduler:CreateSchedule"], [arns.delayed_events]),
            pass_to_scheduler("ScheduleAsScheduler", scheduler.role.role_arn),
            *protection.use_key(),
            *self._rows(handler, others, traces.table.table_arn),
            # The reconciler acts on these records: who writes them can unpause, block, or let events expire.
            traces.deny_writes(PAUSES, BLOCKS, KEEPING, f"{HISTORY}*"),
        ]
        if pauses_itself:
            # All that the reconciler takes from such a call is which handler to look at first.
            statements.append(allow("TellReconciler", ["lambda:InvokeFunction"], [arns.reconciler_function]))
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"handler": iam.PolicyDocument(statements=statements)},
        )
        accept_wildcards(
            self.role,
            {
                arns.logs(log_group.log_group_name): "All log streams of its own log group",
                arns.queues: "A handler may emit to any name of its stage, also to one that has no handler yet",
                arns.delayed_events: "Each delayed event is a schedule with a name of its own",
            },
        )

    @staticmethod
    def _rows(handler: str, others: Sequence[str], table: str) -> list[iam.PolicyStatement]:
        """Return what allows reading and writing the handler's own rows, and recording events without a handler."""
        return [
            allow(
                "Trace",
                ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                [table],
                only_partitions(partitions_of(handler)),
            ),
            # An event without a handler has its trace where a handler of that name would have it. A pattern can't say
            # "no handler's", so the handlers that there are stand here.
            allow(
                "RecordUnhandled",
                ["dynamodb:PutItem"],
                [table],
                no_partitions(["#*", *(f"{other}#*" for other in others)]),
            ),
            allow("KeepUnhandled", ["dynamodb:PutItem"], [table], only_partitions([f"{UNHANDLED_PARTS}*"])),
            allow("CountUnhandled", ["dynamodb:UpdateItem"], [table], only_partitions([UNHANDLED])),
        ]
