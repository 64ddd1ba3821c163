"""Who may do what: three managed policies for a team to attach to its roles, one of them to each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import ArnFormat, Aws, CfnOutput, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct
from sluice.stage.names import BLOCKED_TAG, BLOCKS, DEAD_SUFFIX, KEEPING, Names

from .reconciler import BLOCKED, arn
from .scheduler import SERVICE
from .trace_table import TraceTable

READS = ["lambda:Get*", "lambda:List*"]


class Policies(Construct):
    """The policies viewer, operator and admin.

    Args:
        scope: the stack.
        construct_id: its id there.
        names: the stage's.
        traces: the stage's.

    Attributes:
        viewer: sees everything but the events in dead-letter queues, and changes nothing.
        operator: emits, pauses, unpauses, runs, redrives and replays; cannot lift a block, nor stop the reconciler.
        admin: blocks and unblocks, and purges dead letters, besides.
    """

    def __init__(self, scope: Construct, construct_id: str, *, names: Names, traces: TraceTable) -> None:
        super().__init__(scope, construct_id)
        rights = _Rights(self, names, traces)
        self.viewer = self._policy("viewer", names, "Sees a stage of Sluice", rights.see())
        self.operator = self._policy(
            "operator",
            names,
            "Emits, pauses, unpauses, redrives and replays in a stage of Sluice; cannot lift a block",
            [*rights.see(), *rights.operate(), *rights.leave_blocks(), *rights.leave_the_reconciler()],
        )
        self.admin = self._policy(
            "admin",
            names,
            "Blocks and unblocks in a stage of Sluice, and does all that an operator does",
            [*rights.see(), *rights.operate(), *rights.block()],
        )

    def _policy(
        self, kind: str, names: Names, description: str, statements: list[iam.PolicyStatement]
    ) -> iam.ManagedPolicy:
        made = iam.ManagedPolicy(
            self,
            kind.capitalize(),
            managed_policy_name=names.policy(kind, Aws.REGION),
            description=description,
            statements=statements,
        )
        CfnOutput(Stack.of(self), f"{kind.capitalize()}Policy", value=made.managed_policy_arn, description=description)
        return made


class _Rights:
    def __init__(self, scope: Construct, names: Names, traces: TraceTable) -> None:
        def queues(pattern: str) -> str:
            return Stack.of(scope).format_arn(service="sqs", resource=pattern, arn_format=ArnFormat.NO_RESOURCE_NAME)

        self._queues = queues(f"{names.prefix}*")
        self._dead = queues(f"{names.prefix}*{DEAD_SUFFIX}")
        self._functions = arn(scope, "lambda", "function", f"{names.prefix}*")
        # With what may follow a colon; no handler's function is named like it.
        self._reconciler = arn(scope, "lambda", "function", f"{names.reconciler}*")
        self._mappings = arn(scope, "lambda", "event-source-mapping", "*")
        self._logs = arn(scope, "logs", "log-group", f"/aws/lambda/{names.prefix}*")
        self._schedules = [
            Stack.of(scope).format_arn(service="scheduler", resource=f"schedule/{group}", resource_name="*")
            for group in ("default", names.schedule_group)
        ]
        self._later = self._schedules[1]
        self._scheduler = Stack.of(scope).format_arn(
            service="iam", region="", resource="role", resource_name=names.scheduler_role(Aws.REGION)
        )
        self._stack = Stack.of(scope).format_arn(
            service="cloudformation", resource="stack", resource_name=f"{names.stack}/*"
        )
        self._traces = traces
        self._table = traces.table.table_arn
        # A mapping is named by a number; which function it is of is a condition.
        self._of_ours = {"ArnLikeIfExists": {"lambda:FunctionArn": self._functions}}

    def see(self) -> list[iam.PolicyStatement]:
        """What `status`, `traces`, `history` and the console's pages read."""
        return [
            # None of these can be narrowed down.
            _allow(
                "List",
                [
                    "sqs:ListQueues",
                    "lambda:ListEventSourceMappings",
                    "scheduler:ListSchedules",
                    "cloudwatch:GetMetricData",
                    "cloudwatch:GetMetricStatistics",
                    "cloudwatch:DescribeAlarms",
                ],
                ["*"],
            ),
            _allow("SeeQueues", ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], [self._queues]),
            _allow("SeeFunctions", ["lambda:GetFunction", "lambda:ListTags"], [self._functions]),
            _allow("SeeMappings", ["lambda:ListTags", "lambda:GetEventSourceMapping"], [self._mappings]),
            _allow("SeeSchedules", ["scheduler:GetSchedule"], self._schedules),
            _allow("SeeDeployments", ["cloudformation:DescribeStacks"], [self._stack]),
            _allow(
                "SeeTraces",
                ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:DescribeTable"],
                [self._table],
            ),
            _allow("SeeLogs", ["logs:FilterLogEvents", "logs:GetLogEvents"], [f"{self._logs}:*"]),
        ]

    def operate(self) -> list[iam.PolicyStatement]:
        """What `emit`, `cancel`, `pause`, `unpause`, `run`, `replay` and `dead redrive` call."""
        return [
            _allow("Emit", ["sqs:SendMessage"], [self._queues]),
            _allow("EmitForLaterAndCancel", ["scheduler:CreateSchedule", "scheduler:DeleteSchedule"], [self._later]),
            _allow(
                "ScheduleAsScheduler",
                ["iam:PassRole"],
                [self._scheduler],
                {"StringEquals": {"iam:PassedToService": SERVICE}},
            ),
            _allow("Redrive", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"], [self._dead]),
            _allow(
                "Pause",
                ["lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency", "lambda:InvokeFunction"],
                [self._functions],
            ),
            _allow("PauseReceiving", ["lambda:UpdateEventSourceMapping"], [self._mappings], self._of_ours),
            # Records of pauses, their history, and traces of events that had no handler.
            _allow("Record", ["dynamodb:PutItem", "dynamodb:UpdateItem"], [self._table]),
        ]

    def leave_blocks(self) -> list[iam.PolicyStatement]:
        """Every way around a block that there is, closed also for who has further policies."""
        # IAM looks for a tag whatever the case of its name, and compares the names in a request as they are.
        tag = {"ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": [BLOCKED_TAG]}}
        return [
            # All that can be done to a blocked function but looking at it: also calls that AWS has yet to invent.
            iam.PolicyStatement(
                sid="LeaveBlocked",
                effect=iam.Effect.DENY,
                not_actions=READS,
                resources=[self._functions, self._mappings],
                conditions=BLOCKED,
            ),
            # On any resource: a mapping's tag holds its block, too.
            _deny("LeaveTheTag", ["lambda:TagResource", "lambda:UntagResource"], ["*"], tag),
            _deny(
                "MakeNoSecondMapping",
                ["lambda:CreateEventSourceMapping"],
                ["*"],
                {"ArnLike": {"lambda:FunctionArn": self._functions}},
            ),
            self._traces.leave(BLOCKS, KEEPING),
        ]

    def leave_the_reconciler(self) -> list[iam.PolicyStatement]:
        """It can be set off, and not stopped or changed: what it puts back would stay undone."""
        return [
            iam.PolicyStatement(
                sid="LeaveTheReconciler",
                effect=iam.Effect.DENY,
                not_actions=[*READS, "lambda:InvokeFunction"],
                resources=[self._reconciler],
            )
        ]

    def block(self) -> list[iam.PolicyStatement]:
        """What `block`, `unblock` and `dead purge` call besides."""
        return [
            _allow(
                "Block",
                ["lambda:TagResource", "lambda:UntagResource"],
                [self._functions, self._mappings],
                {"ForAllValues:StringEquals": {"aws:TagKeys": [BLOCKED_TAG]}},
            ),
            _allow("Purge", ["sqs:PurgeQueue"], [self._dead]),
            # Nobody but the reconciler has a reason to.
            self._traces.leave(KEEPING),
        ]


def _allow(
    sid: str, actions: list[str], resources: list[str], conditions: Mapping[str, Any] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=actions, resources=resources, conditions=conditions)


def _deny(sid: str, actions: list[str], resources: list[str], conditions: Mapping[str, Any]) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid, effect=iam.Effect.DENY, actions=actions, resources=resources, conditions=conditions
    )
