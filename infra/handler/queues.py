"""A handler's queue, its dead-letter queue, and their alarms."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from sluice.reconciler.metric_names import DEAD_METRIC, WAITING_METRIC, dimensions_of
from sluice.stage.names import METRICS_NAMESPACE, Names
from sluice.worker.attempts import MAX_ATTEMPTS

from ..protection import Protection
from ..queue import RETENTION, make_queue
from ..shared.alarms import Alarms

OLD = Duration.days(11)
"""Age of a waiting message at which an alarm rings. The reconciler should have sent it again by then, if its handler is
paused, and three days are left before SQS deletes it."""

OLD_DEAD_LETTER = Duration.days(7)
"""Time with dead letters after which an alarm rings. None is lost: the reconciler sends those again that are five days
old in all. So CloudWatch's own age of a message would never come to this."""


class HandlerQueues(Construct):
    """The queue that events wait in, and the dead-letter queue for events that used up their attempts.

    Args:
        scope: the handler's construct.
        construct_id: its id there.
        names: the stage's names.
        handler: the handler's name.
        protection: the key that encrypts them.
        visibility_timeout: seconds before SQS delivers a received event again.
        alarms: the stage's alarms.

    Attributes:
        queue: the queue that is emitted to.
        dead_letter_queue: the queue for events that used up their attempts.
        alarm: rings as soon as the dead-letter queue holds an event.
        age_alarm: rings days before SQS deletes a waiting event.
        dead_age_alarm: rings days before SQS deletes a dead letter.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        handler: str,
        protection: Protection,
        visibility_timeout: int,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letter_queue = make_queue(
            self, "Dead", name=names.dead_letter_queue(handler), stage=names.stage, protection=protection
        )
        self.queue = make_queue(
            self,
            "Queue",
            name=names.queue(handler),
            stage=names.stage,
            protection=protection,
            visibility_timeout=Duration.seconds(visibility_timeout),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letter_queue, max_receive_count=MAX_ATTEMPTS),
        )

        def age(name: str, period: Duration) -> cloudwatch.Metric:
            return cloudwatch.Metric(
                namespace=METRICS_NAMESPACE,
                metric_name=name,
                dimensions_map=dimensions_of(names.stage, handler),
                period=period,
                statistic=cloudwatch.Stats.MAXIMUM,
            )

        see = f"See: sluice dead list {handler} --stage {names.stage}"
        self.alarm = alarms.add_not_empty(
            self,
            "Alarm",
            names.dead_letter_queue(handler),
            f"Events of {handler} used up their attempts. {see}",
            queue=self.dead_letter_queue,
        )
        self.age_alarm = alarms.add(
            self,
            "Age",
            f"{names.queue(handler)}-old",
            f"An event of {handler} has been waiting for {OLD.to_days():g} days. SQS deletes it after"
            f" {RETENTION.to_days():g}. Is the handler too slow, or the reconciler? See: sluice status {handler}"
            f" --stage {names.stage}",
            # The reconciler tells the age of a running handler once an hour.
            metric=age(WAITING_METRIC, Duration.hours(1)),
            at_least=OLD.to_seconds(),
        )
        self.dead_age_alarm = alarms.add(
            self,
            "DeadAge",
            f"{names.dead_letter_queue(handler)}-old",
            f"{handler} has had dead letters for {OLD_DEAD_LETTER.to_days():g} days without a break. {see}",
            metric=age(DEAD_METRIC, Duration.minutes(5)),
            at_least=OLD_DEAD_LETTER.to_seconds(),
        )
