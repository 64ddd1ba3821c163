"""Three managed policies for a team's people: viewer, operator and admin. Attach one of them to each role."""

from __future__ import annotations

from aws_cdk import Aws, CfnOutput, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct
from sluice.stage.names import (
    BLOCKED_TAG,
    BLOCKS,
    CRON_LOCKS,
    EVENT_LOCKS,
    FAILING,
    HISTORY,
    KEEPING,
    KEY_LOCKS,
    PAUSES,
    UNHANDLED,
    Names,
)

from ..arns import Arns
from ..findings import accept_wildcards
from ..iam import (
    IS_BLOCKED,
    ONLY_BLOCK_TAG,
    allow,
    deny,
    deny_all_but,
    no_partitions,
    pass_to_scheduler,
)
from ..protection import Protection
from .trace_table import TraceTable

_READS = ["lambda:Get*", "lambda:List*"]

_NO_TRACES = [
    *(PAUSES, BLOCKS, KEEPING, UNHANDLED),
    *(f"{start}*" for start in (HISTORY, KEY_LOCKS, EVENT_LOCKS, CRON_LOCKS, FAILING)),
]
"""Partitions without traces. No policy allows deleting from them."""

_DESCRIPTIONS = {
    "viewer": "Sees a stage of Sluice",
    "operator": "Emits, pauses, unpauses, redrives and replays in a stage of Sluice; cannot lift a block",
    "admin": "Blocks and unblocks in a stage of Sluice, and does all that an operator does",
}
"""Texts that never change: CloudFormation would have to replace the policy, and can't replace one that has a name."""


class Policies(Construct):
    """The policies viewer, operator and admin.

    Args:
        scope: the stack.
        construct_id: its id there.
        names: the stage's names.
        traces: the stage's trace table.
        protection: the key that encrypts queues and table.

    Attributes:
        viewer: allows seeing everything but the events in dead-letter queues, and changing nothing.
        operator: also allows to emit, pause, unpause, run, redrive and replay. Forbids lifting a block, and stopping
            the reconciler.
        admin: also allows to block and unblock, to delete traces, and to purge dead letters. Forbids only writing the
            reconciler's records.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, names: Names, traces: TraceTable, protection: Protection
    ) -> None:
        super().__init__(scope, construct_id)
        arns = Arns(self, names)
        self._wildcards = _wildcards(arns, traces)
        statements = _Statements(arns, traces)
        self.viewer = self._policy("viewer", names, [*statements.see(), *protection.use_key(read_only=True)])
        self.operator = self._policy(
            "operator",
            names,
            [
                *statements.see(),
                *statements.operate(),
                *protection.use_key(),
                *statements.deny_lifting_blocks(),
                statements.deny_changing_the_reconciler(),
            ],
        )
        self.admin = self._policy(
            "admin",
            names,
            [*statements.see(), *statements.operate(), *protection.use_key(), *statements.block()],
        )

    def _policy(self, kind: str, names: Names, statements: list[iam.PolicyStatement]) -> iam.ManagedPolicy:
        description = _DESCRIPTIONS[kind]
        policy = iam.ManagedPolicy(
            self,
            kind.capitalize(),
            managed_policy_name=names.policy(kind, Aws.REGION),
            description=description,
            statements=statements,
        )
        accept_wildcards(policy, self._wildcards)
        CfnOutput(
            Stack.of(self), f"{kind.capitalize()}Policy", value=policy.managed_policy_arn, description=description
        )
        return policy


def _wildcards(arns: Arns, traces: TraceTable) -> dict[str, str]:
    """Return the resources with a star in the three policies, and why they have it."""
    every = "Who works with a stage works with all its handlers, also with those that are deployed later"
    return {
        "*": "AWS takes no narrower resource for these actions, which list and measure; or the statement forbids",
        traces.stream_arns: "The end of a stream's ARN is the time at which it was made",
        arns.mappings: "A UUID names a mapping. Conditions name its function or its tag",
        arns.stacks: "The end of the stack's id is another one each time that the stack is made",
        **dict.fromkeys(
            [
                arns.alarms,
                arns.queues,
                arns.dead_letter_queues,
                arns.functions,
                arns.cron_schedules,
                arns.delayed_events,
                arns.all_logs,
            ],
            every,
        ),
    }


class _Statements:
    def __init__(self, arns: Arns, traces: TraceTable) -> None:
        self._arns = arns
        self._traces = traces
        self._table = traces.table.table_arn

    def see(self) -> list[iam.PolicyStatement]:
        """Return what `status`, `traces`, `history` and the AWS console's pages need."""
        arns = self._arns
        return [
            # AWS takes no narrower resource for any of these.
            allow(
                "List",
                [
                    "sqs:ListQueues",
                    "lambda:ListEventSourceMappings",
                    "scheduler:ListSchedules",
                    "cloudwatch:GetMetricData",
                    "cloudwatch:GetMetricStatistics",
                    # The Lambda console looks for a function's log group.
                    "logs:DescribeLogGroups",
                ],
                ["*"],
            ),
            allow("SeeAlarms", ["cloudwatch:DescribeAlarms"], [arns.alarms]),
            allow("SeeQueues", ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], [arns.queues]),
            allow("SeeFunctions", ["lambda:GetFunction", "lambda:ListTags"], [arns.functions]),
            allow(
                "SeeMappings",
                ["lambda:GetEventSourceMapping"],
                [arns.mappings],
                {"ArnLike": {"lambda:FunctionArn": arns.functions}},
            ),
            # A mapping's tag says that its handler is blocked. AWS tells no function to a call about tags.
            allow("SeeBlocks", ["lambda:ListTags"], [arns.mappings]),
            allow("SeeSchedules", ["scheduler:GetSchedule"], [arns.cron_schedules, arns.delayed_events]),
            allow("SeeDeployments", ["cloudformation:DescribeStacks"], [arns.stacks]),
            allow(
                "SeeTraces",
                ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:DescribeTable"],
                [self._table, self._traces.failures_arn],
            ),
            allow(
                "FollowTraces",
                ["dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"],
                [self._traces.stream_arns],
            ),
            allow("SeeLogs", ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"], [arns.all_logs]),
        ]

    def operate(self) -> list[iam.PolicyStatement]:
        """Return what `emit`, `cancel`, `pause`, `unpause`, `run`, `replay` and `dead redrive` also need."""
        arns = self._arns
        return [
            allow("Emit", ["sqs:SendMessage"], [arns.queues]),
            allow(
                "EmitForLaterAndCancel",
                ["scheduler:CreateSchedule", "scheduler:DeleteSchedule"],
                [arns.delayed_events],
            ),
            pass_to_scheduler("ScheduleAsScheduler", arns.scheduler_role),
            allow(
                "Redrive",
                [
                    *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"),
                    # The redrive button in the SQS console.
                    *("sqs:StartMessageMoveTask", "sqs:ListMessageMoveTasks", "sqs:CancelMessageMoveTask"),
                ],
                [arns.dead_letter_queues],
            ),
            allow(
                "Pause",
                ["lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency", "lambda:InvokeFunction"],
                [arns.functions],
            ),
            allow(
                "PauseReceiving",
                ["lambda:UpdateEventSourceMapping"],
                [arns.mappings],
                {"ArnLike": {"lambda:FunctionArn": arns.functions}},
            ),
            # Records of pauses, their history, and traces of events without a handler.
            allow("Record", ["dynamodb:PutItem", "dynamodb:UpdateItem"], [self._table]),
        ]

    def deny_lifting_blocks(self) -> list[iam.PolicyStatement]:
        """Return what closes every way around a block, also for a role that has further policies."""
        arns = self._arns
        # IAM ignores case when it looks up a resource's tag, but not when it compares the tag keys of a request.
        any_case = {"ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": [BLOCKED_TAG]}}
        return [
            # Nothing can be done to a blocked function but looking at it.
            deny_all_but("LeaveBlocked", _READS, [arns.functions, arns.mappings], IS_BLOCKED),
            # On any resource: the tag of a mapping holds its block, too.
            deny("LeaveTheTag", ["lambda:TagResource", "lambda:UntagResource"], ["*"], any_case),
            deny(
                "MakeNoSecondMapping",
                ["lambda:CreateEventSourceMapping"],
                ["*"],
                {"ArnLike": {"lambda:FunctionArn": arns.functions}},
            ),
            self._traces.deny_writes(BLOCKS, KEEPING),
        ]

    def deny_changing_the_reconciler(self) -> iam.PolicyStatement:
        """Return what forbids stopping or changing the reconciler, as it puts blocks back. It can be invoked."""
        return deny_all_but("LeaveTheReconciler", [*_READS, "lambda:InvokeFunction"], [self._arns.reconciler])

    def block(self) -> list[iam.PolicyStatement]:
        """Return what `block`, `unblock`, `traces delete` and `dead purge` also need."""
        arns = self._arns
        return [
            allow(
                "Block",
                ["lambda:TagResource", "lambda:UntagResource"],
                [arns.functions, arns.mappings],
                ONLY_BLOCK_TAG,
            ),
            allow("Purge", ["sqs:PurgeQueue"], [arns.dead_letter_queues]),
            # Traces, and the parts of events without a handler.
            allow("Erase", ["dynamodb:DeleteItem"], [self._table], no_partitions(_NO_TRACES)),
            # Nobody but the reconciler has a reason to write there.
            self._traces.deny_writes(KEEPING),
        ]
