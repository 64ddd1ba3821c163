"""A handler's queue, and the dead-letter queue behind it."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from sluice.stage.names import LOCAL_STAGE, Names

from ..shared.alarms import Alarms

MAX_RECEIVES = 5
"""The attempts that an event has."""

RETENTION = Duration.days(14)
"""SQS's maximum, in both queues: a dead letter keeps the age it had, so the time left to look at it is what its
wait did not use up."""


OLD = Duration.days(11)
"""Of a message. By then the reconciler should have sent it again, if its handler is paused, and three days are left."""

OLD_AS_DEAD = Duration.days(7)
"""That one has been in the dead-letter queue: CloudWatch counts from then, and SQS from when it was sent. The
reconciler sends those again that are five days old in all."""


class HandlerQueues(Construct):
    """The queue that events wait in, and where those go that used up their attempts.

    Args:
        scope: the handler.
        construct_id: its id there.
        names: the stage's.
        handler: the handler's name.
        visibility_timeout: seconds.
        alarms: the stage's.

    Attributes:
        queue: the queue that is emitted to.
        dead_letter_queue: the one behind it.
        alarm: rings as soon as anything lies in the dead-letter queue.
        age_alarm: rings days before SQS deletes an event that waits.
        dead_age_alarm: the same of a dead letter.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        handler: str,
        visibility_timeout: int,
        alarms: Alarms,
    ) -> None:
        super().__init__(scope, construct_id)
        # The local cloud speaks plain HTTP, to this machine alone.
        tls_only = names.stage != LOCAL_STAGE
        self.dead_letter_queue = sqs.Queue(
            self,
            "Dead",
            queue_name=names.dead_letter_queue(handler),
            retention_period=RETENTION,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=tls_only,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=names.queue(handler),
            retention_period=RETENTION,
            visibility_timeout=Duration.seconds(visibility_timeout),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=tls_only,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letter_queue, max_receive_count=MAX_RECEIVES),
        )
        see = f"See: sluice dead list {handler} --stage {names.stage}"
        self.alarm = alarms.add(
            self,
            "Alarm",
            names.dead_letter_queue(handler),
            f"Events of {handler} used up their attempts. {see}",
            metric=self.dead_letter_queue.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic=cloudwatch.Stats.MAXIMUM
            ),
            at_least=1,
        )
        self.age_alarm = alarms.add(
            self,
            "Age",
            f"{names.queue(handler)}-old",
            f"An event of {handler} has been waiting for {OLD.to_days():g} days. SQS deletes it after"
            f" {RETENTION.to_days():g}. Is the handler too slow, or the reconciler? See: sluice status {handler}"
            f" --stage {names.stage}",
            metric=_age(self.queue),
            at_least=OLD.to_seconds(),
        )
        self.dead_age_alarm = alarms.add(
            self,
            "DeadAge",
            f"{names.dead_letter_queue(handler)}-old",
            f"A dead letter of {handler} has been one for {OLD_AS_DEAD.to_days():g} days. SQS deletes it"
            f" {RETENTION.to_days():g} days after it was sent, unless the reconciler sends it again. {see}",
            metric=_age(self.dead_letter_queue),
            at_least=OLD_AS_DEAD.to_seconds(),
        )


def _age(queue: sqs.IQueue) -> cloudwatch.IMetric:
    return queue.metric_approximate_age_of_oldest_message(
        period=Duration.minutes(5), statistic=cloudwatch.Stats.MAXIMUM
    )
