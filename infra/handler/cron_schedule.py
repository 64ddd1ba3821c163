"""The schedule of a cron."""

from __future__ import annotations

from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from sluice.event.ticks import tick_of
from sluice.stage.names import LOCAL_STAGE, Names

from ..shared.scheduler import StageScheduler
from ..stage import crons_are_off
from .cron_expression import Schedule


class CronSchedule(Construct):
    """An EventBridge schedule that sends ticks to the cron's queue.

    Args:
        scope: the handler's construct.
        construct_id: its id there.
        names: the stage's names.
        handler: the cron's name, which is also the schedule's.
        schedule: the expression and the time zone.
        queue: the cron's queue.
        shared: the role, the group and the dead-letter queue of crons' schedules.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        handler: str,
        schedule: Schedule,
        queue: sqs.IQueue,
        shared: StageScheduler,
    ) -> None:
        super().__init__(scope, construct_id)
        # Left out on AWS: the reconciler changes it for a paused cron that skips its missed ticks.
        state = None
        if names.stage == LOCAL_STAGE:
            state = "DISABLED" if crons_are_off(self, names.stage) else "ENABLED"
        scheduler.CfnSchedule(
            self,
            "Schedule",
            # A schedule keeps the group that it was made in. Who changes the group has to change the name or the
            # construct's id as well: CloudFormation then makes another schedule.
            group_name=shared.cron_group.ref,
            name=handler,
            description=f"Emits to the cron {handler}",
            schedule_expression=schedule.expression,
            schedule_expression_timezone=schedule.timezone,
            # On time: Scheduler is precise to a minute.
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            state=state,
            target=scheduler.CfnSchedule.TargetProperty(
                arn=queue.queue_arn,
                role_arn=shared.role.role_arn,
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=shared.dead_letter_queue.queue_arn
                ),
                input=tick_of(handler),
            ),
        )
