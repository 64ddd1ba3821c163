"""The stage's alarms, and the SNS topic that they publish to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct
from sluice.stage.names import Names

from ..findings import accept
from ..protection import Protection
from ..stage import has_tls


class Alarms(Construct):
    """An SNS topic, and the alarms that publish to it.

    Args:
        scope: the stack.
        construct_id: its id there.
        names: the stage's names.
        protection: the key that encrypts the topic.
        emails: the addresses that the topic mails to, once each has confirmed its subscription.

    Attributes:
        topic: gets a message when an alarm begins. It gets none when an alarm ends: CloudWatch would also send one for
            a new alarm's first data, that is, whenever a handler is deployed.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, names: Names, protection: Protection, emails: Sequence[str]
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=names.alarm_topic,
            display_name=f"Sluice {names.stage}",
            enforce_ssl=has_tls(names.stage),
            # None by default: CloudWatch can't publish to a topic with AWS's own key. An alarm's text is no secret.
            master_key=protection.key,
        )
        if protection.key is None:
            why = "SNS encrypts its disks. CloudWatch can't publish to a topic with AWS's own key for SNS"
            accept(self.topic, {"CKV_AWS_26": why})
        # A topic's own policy replaces the default one, which would let CloudWatch publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        for email in emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        self._action = actions.SnsAction(self.topic)

    def add(
        self,
        scope: Construct,
        construct_id: str,
        name: str,
        description: str,
        *,
        metric: cloudwatch.IMetric,
        at_least: float,
    ) -> cloudwatch.Alarm:
        """Add an alarm that begins as soon as a metric reaches a value. Without data, it doesn't begin.

        Args:
            scope: the construct that it watches.
            construct_id: its id there.
            name: its name in CloudWatch.
            description: the problem, and where to look.
            metric: the metric.
            at_least: the value, in the metric's unit.
        """
        # SQS stops reporting on a queue that nobody uses.
        no_data = cloudwatch.TreatMissingData.NOT_BREACHING
        reached = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        how = {"threshold": at_least, "comparison_operator": reached, "treat_missing_data": no_data}
        return self._add(scope, construct_id, name, description, metric=metric, evaluation_periods=1, **how)

    def add_not_empty(
        self, scope: Construct, construct_id: str, name: str, description: str, *, queue: sqs.IQueue
    ) -> cloudwatch.Alarm:
        """Add an alarm that begins as soon as a queue holds a message.

        Args:
            scope: the construct that it watches.
            construct_id: its id there.
            name: its name in CloudWatch.
            description: the problem, and where to look.
            queue: the queue.
        """
        metric = queue.metric_approximate_number_of_messages_visible(
            period=Duration.minutes(1), statistic=cloudwatch.Stats.MAXIMUM
        )
        return self.add(scope, construct_id, name, description, metric=metric, at_least=1)

    def add_silence(
        self,
        scope: Construct,
        construct_id: str,
        name: str,
        description: str,
        *,
        metric: cloudwatch.IMetric,
        periods: int,
    ) -> cloudwatch.Alarm:
        """Add an alarm that begins when a count has stayed at nothing for several periods.

        Args:
            scope: the construct that it watches.
            construct_id: its id there.
            name: its name in CloudWatch.
            description: the problem, and where to look.
            metric: the count.
            periods: how many of the metric's periods.
        """
        no_data, below = cloudwatch.TreatMissingData.BREACHING, cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        how = {"threshold": 1, "comparison_operator": below, "treat_missing_data": no_data}
        return self._add(scope, construct_id, name, description, metric=metric, evaluation_periods=periods, **how)

    def _add(self, scope: Construct, construct_id: str, name: str, description: str, **how: Any) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(scope, construct_id, alarm_name=name, alarm_description=description, **how)
        alarm.add_alarm_action(self._action)
        return alarm
