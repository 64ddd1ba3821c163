"""What emits to a cron."""

from __future__ import annotations

import json

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from sluice.names import Names

from .schedules import Schedule


class CronSchedule(Construct):
    """An EventBridge schedule that sends to the cron's queue.

    Args:
        scope: the handler.
        construct_id: its id there.
        names: the stage's.
        handler: the cron's name.
        schedule: when.
        queue: the cron's.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, names: Names, handler: str, schedule: Schedule, queue: sqs.IQueue
    ) -> None:
        super().__init__(scope, construct_id)
        # As a principal of this account only: nobody else's schedule can use the role.
        principal = iam.ServicePrincipal(
            "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
        )
        role = iam.Role(
            self,
            "Role",
            assumed_by=principal,
            inline_policies={
                "emit": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(sid="Emit", actions=["sqs:SendMessage"], resources=[queue.queue_arn])
                    ]
                )
            },
        )
        scheduler.CfnSchedule(
            self,
            "Schedule",
            name=names.function(handler),
            schedule_expression=schedule.expression,
            schedule_expression_timezone=schedule.timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=queue.queue_arn,
                role_arn=role.role_arn,
                input=json.dumps({"cron": handler, "scheduled_at": "<aws.scheduler.scheduled-time>"}),
            ),
        )
