"""The parts of EventBridge Scheduler that all of a stage's schedules share."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct
from sluice.stage.names import Names

from ..arns import Arns
from ..findings import accept
from ..iam import SCHEDULER, allow
from ..protection import Protection
from ..queue import make_queue
from .alarms import Alarms


class StageScheduler(Construct):
    """The role of all schedules, a group for those of crons and one for delayed events, and a dead-letter queue.

    Args:
        scope: the stack.
        construct_id: its id there.
        names: the stage's names.
        handlers: the handlers' names.
        protection: the key that encrypts the queues.
        alarms: the stage's alarms.

    Attributes:
        role: the role that every schedule has. It allows sending to the handlers' queues and to `dead_letter_queue`,
            and nothing else: not to handlers' dead-letter queues, where a redrive would take up what anybody
            scheduled. Its name is fixed, so that who emits a delayed event knows it.
        dead_letter_queue: the queue for ticks and delayed events that Scheduler could not deliver in a day of tries.
        alarm: rings as soon as that queue holds a message.
        group: the schedules of delayed events. Removing the stage removes them.
        cron_group: the schedules of crons. A group of their own lets policies name them: AWS knows rights to the
            schedules of a group.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        handlers: Sequence[str],
        protection: Protection,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, construct_id)
        arns = Arns(self, names)
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.scheduler_role(Aws.REGION),
            description=f"Sends the ticks and the scheduled events of stage {names.stage} to its queues",
            # For the stage's schedules only. Scheduler names a schedule's group as the source, not the schedule.
            assumed_by=iam.ServicePrincipal(
                SCHEDULER,
                conditions={
                    "StringEquals": {
                        "aws:SourceAccount": Stack.of(self).account,
                        "aws:SourceArn": arns.schedule_groups,
                    }
                },
            ),
            inline_policies={
                "emit": iam.PolicyDocument(
                    statements=[
                        allow("Emit", ["sqs:SendMessage"], arns.scheduled_to(handlers)),
                        *protection.use_key(),
                    ],
                )
            },
        )
        self.dead_letter_queue = make_queue(
            self, "Dead", name=names.schedules_dead_letter_queue, stage=names.stage, protection=protection
        )
        accept(self.dead_letter_queue, {"AwsSolutions-SQS3": "It is the dead-letter queue of the schedules"})
        self.alarm = alarms.add_not_empty(
            self,
            "Alarm",
            names.schedules_dead_letter_queue,
            f"Scheduler could not deliver to a queue of stage {names.stage}. The messages in"
            f" {names.schedules_dead_letter_queue} say which, and why",
            queue=self.dead_letter_queue,
        )
        self.group = scheduler.CfnScheduleGroup(self, "Group", name=names.schedule_group)
        self.cron_group = scheduler.CfnScheduleGroup(self, "Crons", name=names.cron_schedule_group)
