"""The reconciler: a small function that makes every handler as it should be, and what sets it off."""

from __future__ import annotations

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct
from sluice.stage.names import BLOCKED_TAG, Names

from ..handler.handler import LOG_RETENTION, Bundle
from .alarms import Alarms
from .scheduler import SERVICE, StageScheduler
from .trace_table import TraceTable

ENTRY_POINT = "sluice.reconciler.entry.handle"

EVERY = Duration.minutes(1)
"""The finest that EventBridge has."""

TIMEOUT = 60
"""Seconds: a run stops its work on queues after 40."""

MEMORY = 1024
"""MB. Moving events takes processor time, of which a function has a share by its memory: 58 % of one."""

CHANGES = [
    "PutFunctionConcurrency20171031",
    "DeleteFunctionConcurrency20171031",
    "UpdateEventSourceMapping20150331",
    "TagResource20170331v2",
    "UntagResource20170331v2",
]
"""CloudTrail's names of the calls that a handler's state can be changed with."""


BLOCKED = {"Null": {f"aws:ResourceTag/{BLOCKED_TAG}": "false"}}
"""Whether the function, or the mapping, that a call is about has the tag."""


class Reconciler(Construct):
    """The function, its rights, the rules that set it off, and an alarm each for failing and for not running.

    Args:
        scope: the stack.
        construct_id: its id there.
        names: the stage's.
        bundle: what functions are made of.
        traces: the stage's.
        scheduler: the stage's, whose role the schedules keep when they are disabled and enabled.
        alarms: the stage's.

    Attributes:
        function: the function.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        bundle: Bundle,
        traces: TraceTable,
        scheduler: StageScheduler,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{names.reconciler}",
            retention=LOG_RETENTION,
            removal_policy=RemovalPolicy.DESTROY,
        )
        statements = _statements(self, names, log_group, traces, scheduler)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"reconciler": iam.PolicyDocument(statements=statements)},
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=names.reconciler,
            description="Makes the event source mappings follow the functions, and keeps what waits from expiring",
            handler=ENTRY_POINT,
            code=bundle.code,
            layers=[bundle.layer],
            runtime=lambda_.Runtime(bundle.target.runtime, lambda_.RuntimeFamily.PYTHON),
            architecture=lambda_.Architecture.custom(bundle.target.architecture),
            timeout=Duration.seconds(TIMEOUT),
            memory_size=MEMORY,
            environment={"SLUICE_STAGE": names.stage},
            role=role,
            log_group=log_group,
        )
        self._rules(names)
        self._alarms(names, alarms)

    def _rules(self, names: Names) -> None:
        events.Rule(
            self,
            "EveryMinute",
            description=f"Sets off the reconciler of stage {names.stage}",
            schedule=events.Schedule.rate(EVERY),
            targets=[targets.LambdaFunction(self.function, event=events.RuleTargetInput.from_object({"upkeep": True}))],
        )
        # Only where a trail logs management events. It may take minutes; it says who did it.
        events.Rule(
            self,
            "Changes",
            description=f"Tells the reconciler of stage {names.stage} who changed a function",
            event_pattern=events.EventPattern(
                source=["aws.lambda"],
                detail_type=["AWS API Call via CloudTrail"],
                detail={"eventName": CHANGES},
            ),
            targets=[targets.LambdaFunction(self.function)],
        )
        events.Rule(
            self,
            "Deployments",
            description=f"Sets off the reconciler of stage {names.stage} when a deployment ends",
            event_pattern=events.EventPattern(
                source=["aws.cloudformation"],
                detail_type=["CloudFormation Stack Status Change"],
                detail={"stack-id": [{"prefix": _stack(self, names, "")}]},
            ),
            targets=[targets.LambdaFunction(self.function)],
        )

    def _alarms(self, names: Names, alarms: Alarms) -> None:
        alarms.add(
            self,
            "Failing",
            f"{names.reconciler}-failing",
            "The reconciler fails. A pause that is made in the AWS console is not followed, and what"
            f" waits for a paused handler may expire. See: /aws/lambda/{names.reconciler}",
            metric=self.function.metric_errors(period=Duration.minutes(5), statistic=cloudwatch.Stats.SUM),
            at_least=3,
        )
        alarms.add_silence(
            self,
            "Silent",
            f"{names.reconciler}-silent",
            "The reconciler has not run for a quarter of an hour. Is its rule disabled, or the"
            " account out of concurrency?",
            metric=self.function.metric_invocations(period=Duration.minutes(5), statistic=cloudwatch.Stats.SUM),
            periods=3,
        )


def _statements(
    scope: Construct, names: Names, log_group: logs.ILogGroup, traces: TraceTable, scheduler: StageScheduler
) -> list[iam.PolicyStatement]:
    """What it may do. It can put a block's tag on a function, and can neither take it off nor undo what it holds."""
    functions = arn(scope, "lambda", "function", f"{names.prefix}*")
    mappings = arn(scope, "lambda", "event-source-mapping", "*")
    only_block = {"ForAllValues:StringEquals": {"aws:TagKeys": [BLOCKED_TAG]}}
    return [
        _allow(
            "Log",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            arn(scope, "logs", "log-group", f"{log_group.log_group_name}:*"),
        ),
        # Neither can be narrowed down.
        _allow("List", ["lambda:ListEventSourceMappings", "scheduler:ListSchedules"], "*"),
        _allow("Measure", ["cloudwatch:GetMetricStatistics"], "*"),
        _allow("SeeDeployments", ["cloudformation:DescribeStacks"], _stack(scope, names, "*")),
        _allow(
            "Stop",
            ["lambda:GetFunction", "lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"],
            functions,
        ),
        # A run that looked before an admin blocked may call after it. Unblocking takes the tag off first.
        iam.PolicyStatement(
            sid="LiftNoBlock",
            effect=iam.Effect.DENY,
            actions=["lambda:DeleteFunctionConcurrency"],
            resources=[functions],
            conditions=BLOCKED,
        ),
        iam.PolicyStatement(
            sid="StopReceiving",
            actions=["lambda:UpdateEventSourceMapping"],
            resources=[mappings],
            conditions={"ArnLikeIfExists": {"lambda:FunctionArn": functions}},
        ),
        # GetFunction shows a function's tags only to who may list them.
        iam.PolicyStatement(sid="SeeTags", actions=["lambda:ListTags"], resources=[functions, mappings]),
        iam.PolicyStatement(
            sid="Block", actions=["lambda:TagResource"], resources=[functions, mappings], conditions=only_block
        ),
        iam.PolicyStatement(
            sid="TidyMapping", actions=["lambda:UntagResource"], resources=[mappings], conditions=only_block
        ),
        _allow(
            "StopTicks",
            ["scheduler:GetSchedule", "scheduler:UpdateSchedule"],
            Stack.of(scope).format_arn(
                service="scheduler", resource="schedule/default", resource_name=f"{names.prefix}*"
            ),
        ),
        iam.PolicyStatement(
            sid="KeepTheSchedulesRole",
            actions=["iam:PassRole"],
            resources=[scheduler.role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": SERVICE}},
        ),
        _allow(
            "Remember",
            ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query"],
            traces.table.table_arn,
        ),
        _allow(
            "KeepEvents",
            [
                "sqs:GetQueueUrl",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
                "sqs:SendMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
            ],
            Stack.of(scope).format_arn(
                service="sqs", resource=f"{names.prefix}*", arn_format=ArnFormat.NO_RESOURCE_NAME
            ),
        ),
    ]


def arn(scope: Construct, service: str, kind: str, name: str) -> str:
    """The ARN of a resource of this account and region whose kind stands before a colon."""
    return Stack.of(scope).format_arn(
        service=service, resource=kind, resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )


def _stack(scope: Construct, names: Names, rest: str) -> str:
    return Stack.of(scope).format_arn(service="cloudformation", resource="stack", resource_name=f"{names.stack}/{rest}")


def _allow(sid: str, actions: list[str], resource: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=actions, resources=[resource])
