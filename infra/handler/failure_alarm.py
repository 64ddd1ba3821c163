"""The alarm on a handler's failures."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct
from sluice.stage.names import METRICS_NAMESPACE, Names
from sluice.worker.telemetry_names import FAILED_METRIC, dimensions_of

from ..entries import Entry
from ..shared.alarms import Alarms


def add_failure_alarm(scope: Construct, *, names: Names, entry: Entry, alarms: Alarms) -> cloudwatch.Alarm | None:
    """Add the alarm that fires when runs fail; return None if the entry wants none.

    Args:
        scope: the handler's construct.
        names: the stage's names.
        entry: the handler's entry.
        alarms: the stage's alarms.
    """
    if not entry.alarm_on_failure:
        return None
    handler, minutes = entry.name, entry.failure_minutes
    within = "a minute" if minutes == 1 else f"{minutes} minutes"
    several = "A run" if entry.failure_threshold == 1 else f"{entry.failure_threshold} runs"
    return alarms.add(
        scope,
        "Failing",
        f"{names.function(handler)}-failing",
        f"{several} of {handler} failed within {within}: raised, or did not end in time. See: sluice failures {handler}"
        f" --stage {names.stage}",
        metric=cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name=FAILED_METRIC,
            dimensions_map=dimensions_of(names.stage, handler),
            period=Duration.minutes(minutes),
            statistic=cloudwatch.Stats.SUM,
        ),
        at_least=entry.failure_threshold,
    )
