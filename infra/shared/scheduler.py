"""What all of a stage's schedules share: a role, a group for events of a later time, and where failed deliveries go."""

from __future__ import annotations

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from sluice.stage.names import LOCAL_STAGE, Names

from ..handler.queues import RETENTION
from .alarms import Alarms

SERVICE = "scheduler.amazonaws.com"


class StageScheduler(Construct):
    """The parts of EventBridge Scheduler that belong to the stage.

    Args:
        scope: the stack.
        construct_id: its id there.
        names: the stage's.
        alarms: the stage's.

    Attributes:
        role: whose rights a schedule has: it may send to the stage's queues, and nothing else. Its name is known to
            whoever emits for later.
        dead_letter_queue: takes what Scheduler could not deliver in a day of tries.
        alarm: rings as soon as anything lies in there.
        group: the schedules of events for later. Removing the stage removes them.
    """

    def __init__(self, scope: Construct, construct_id: str, *, names: Names, alarms: Alarms) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.scheduler_role(Aws.REGION),
            description=f"Sends the ticks and the scheduled events of stage {names.stage} to its queues",
            # As a principal of this account only: nobody else's schedule can use the role.
            assumed_by=iam.ServicePrincipal(
                SERVICE, conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
            ),
            inline_policies={
                "emit": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            sid="Emit",
                            actions=["sqs:SendMessage"],
                            resources=[Stack.of(self).format_arn(service="sqs", resource=f"{names.prefix}*")],
                        )
                    ]
                )
            },
        )
        self.dead_letter_queue = sqs.Queue(
            self,
            "Dead",
            queue_name=names.schedules_dead_letter_queue,
            retention_period=RETENTION,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=names.stage != LOCAL_STAGE,
        )
        self.alarm = alarms.add(
            self,
            "Alarm",
            names.schedules_dead_letter_queue,
            f"Scheduler could not deliver to a queue of stage {names.stage}. The messages in"
            f" {names.schedules_dead_letter_queue} say which, and why",
            metric=self.dead_letter_queue.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic=cloudwatch.Stats.MAXIMUM
            ),
            at_least=1,
        )
        self.group = scheduler.CfnScheduleGroup(self, "Group", name=names.schedule_group)
