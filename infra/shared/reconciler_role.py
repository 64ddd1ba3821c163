"""The role of the reconciler's function."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct
from sluice.stage.names import STAGE_TAG, Names

from ..arns import Arns
from ..findings import accept, accept_wildcards
from ..iam import IS_BLOCKED, ONLY_BLOCK_TAG, allow, deny, pass_to_scheduler
from ..protection import Protection
from .scheduler import StageScheduler
from .trace_table import TraceTable


def make_reconciler_role(
    scope: Construct,
    *,
    names: Names,
    log_group: logs.ILogGroup,
    traces: TraceTable,
    protection: Protection,
    scheduler: StageScheduler,
) -> iam.Role:
    """Make the role. It allows putting a block's tag on a function, and neither removing that tag nor lifting a block.

    IAM has no condition on the value of a reserved concurrency. So setting one stays allowed on a blocked function, as
    0 has to be set there; Sluice raises it only after it has removed it, which is denied.

    Args:
        scope: the reconciler's construct.
        names: the stage's names.
        log_group: the function's log group.
        traces: the stage's trace table.
        protection: the key that encrypts queues and table.
        scheduler: the role of the stage's schedules, which they keep when the reconciler disables or enables them.
    """
    arns = Arns(scope, names)
    statements = [
        allow("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], [arns.logs(log_group.log_group_name)]),
        # AWS takes no narrower resource for these three.
        allow("List", ["lambda:ListEventSourceMappings", "scheduler:ListSchedules"], ["*"]),
        allow("Measure", ["cloudwatch:GetMetricStatistics"], ["*"]),
        allow("SeeDeployments", ["cloudformation:DescribeStacks"], [arns.stacks]),
        allow(
            "Stop",
            ["lambda:GetFunction", "lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency"],
            [arns.functions],
        ),
        # A run that read a function's state before an admin blocked it may act afterwards. Unblocking removes the tags
        # first, and a mapping is disabled before it is tagged.
        deny(
            "LiftNoBlock",
            ["lambda:DeleteFunctionConcurrency", "lambda:UpdateEventSourceMapping"],
            [arns.functions, arns.mappings],
            IS_BLOCKED,
        ),
        allow(
            "StopReceiving",
            ["lambda:UpdateEventSourceMapping"],
            [arns.mappings],
            {"ArnLike": {"lambda:FunctionArn": arns.functions}},
        ),
        # Also one that somebody has pointed at another function.
        allow(
            "RepairMapping",
            ["lambda:UpdateEventSourceMapping"],
            [arns.mappings],
            {"StringEquals": {f"aws:ResourceTag/{STAGE_TAG}": names.stage}},
        ),
        # GetFunction shows a function's tags only to a caller who may list them.
        allow("SeeTags", ["lambda:ListTags"], [arns.functions, arns.mappings]),
        allow("Block", ["lambda:TagResource"], [arns.functions, arns.mappings], ONLY_BLOCK_TAG),
        allow("TidyMapping", ["lambda:UntagResource"], [arns.mappings], ONLY_BLOCK_TAG),
        allow("StopTicks", ["scheduler:GetSchedule", "scheduler:UpdateSchedule"], [arns.cron_schedules]),
        pass_to_scheduler("KeepTheSchedulesRole", scheduler.role.role_arn),
        allow(
            "Remember",
            ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query"],
            [traces.table.table_arn],
        ),
        allow(
            "KeepEvents",
            [
                "sqs:GetQueueUrl",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
                "sqs:SendMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
            ],
            [arns.queues],
        ),
        *protection.use_key(),
    ]
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"reconciler": iam.PolicyDocument(statements=statements)},
    )
    every = "It looks after every handler of the stage, also those whose entry in app.py is gone"
    accept_wildcards(
        role,
        {
            "*": "AWS takes no narrower resource for these actions, which only list and measure",
            arns.logs(log_group.log_group_name): "All log streams of its own log group",
            arns.stacks: "The end of the stack's id is another one each time that the stack is made",
            arns.functions: every,
            arns.mappings: "A UUID names a mapping. Conditions name its function or its tag",
            arns.cron_schedules: every,
            arns.queues: every,
        },
    )
    accept(role, {"Serverless-LambdaStarPermissions": "The actions that only list and measure take no other resource"})
    return role
