"""The stage's alarms, and whom they tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct
from sluice.stage.names import LOCAL_STAGE, Names

_AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD


class Alarms(Construct):
    """An SNS topic, and the alarms that publish to it.

    Args:
        scope: the stack.
        construct_id: its id there.
        names: the stage's.
        emails: the addresses that the topic sends mails to, once each has confirmed it.

    Attributes:
        topic: told when an alarm begins. Not when it ends: CloudWatch also calls it an end when a new alarm has its
            first data, which is when a handler is deployed.
    """

    def __init__(self, scope: Construct, construct_id: str, *, names: Names, emails: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        # Not encrypted: with the key that AWS has for SNS, CloudWatch cannot publish. An alarm's text is no secret.
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=names.alarm_topic,
            display_name=f"Sluice {names.stage}",
            # The local cloud speaks plain HTTP, to this machine alone.
            enforce_ssl=names.stage != LOCAL_STAGE,
        )
        # A topic with a policy of its own has lost the default one, by which CloudWatch could publish.
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
        """An alarm that begins as soon as a metric has reached a value; no data is no alarm.

        Args:
            scope: what it watches.
            construct_id: its id there.
            name: its name in CloudWatch.
            description: what is wrong then, and where to look.
            metric: the metric.
            at_least: the value, in the metric's unit.
        """
        # SQS stops reporting on a queue that nobody uses.
        no_data, reached = cloudwatch.TreatMissingData.NOT_BREACHING, _AT_LEAST
        how = {"threshold": at_least, "comparison_operator": reached, "treat_missing_data": no_data}
        return self._tells(scope, construct_id, name, description, metric=metric, evaluation_periods=1, **how)

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
        """An alarm that begins when a metric that counts has counted nothing for several periods.

        Args:
            scope: what it watches.
            construct_id: its id there.
            name: its name in CloudWatch.
            description: what is wrong then, and where to look.
            metric: the metric.
            periods: how many of the metric's periods.
        """
        no_data, below = cloudwatch.TreatMissingData.BREACHING, cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        how = {"threshold": 1, "comparison_operator": below, "treat_missing_data": no_data}
        return self._tells(scope, construct_id, name, description, metric=metric, evaluation_periods=periods, **how)

    def _tells(self, scope: Construct, construct_id: str, name: str, description: str, **how: Any) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(scope, construct_id, alarm_name=name, alarm_description=description, **how)
        alarm.add_alarm_action(self._action)
        return alarm
