"""The age of each queue's oldest event, as CloudWatch measured it last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from ..stage import clients
from ..stage.names import Names

_AGE_WINDOW = timedelta(minutes=15)
"""Time within which CloudWatch must have measured an age: a measurement appears some minutes late."""

_MAX_QUERIES = 500
"""CloudWatch's limit for the queries of one GetMetricData."""


def oldest_ages(stage: str, names: list[str]) -> dict[str, int]:
    """Return the seconds that handlers' oldest events had been waiting at CloudWatch's last measurement."""
    now = datetime.now(UTC)
    queries = [
        {
            "Id": f"age{index}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SQS",
                    "MetricName": "ApproximateAgeOfOldestMessage",
                    "Dimensions": [{"Name": "QueueName", "Value": Names(stage).queue(name)}],
                },
                "Period": 60,
                "Stat": "Maximum",
            },
        }
        for index, name in enumerate(names)
    ]
    ages: dict[str, int] = {}
    try:
        for start in range(0, len(queries), _MAX_QUERIES):
            pages = (
                clients.client("cloudwatch", stage)
                .get_paginator("get_metric_data")
                .paginate(
                    MetricDataQueries=queries[start : start + _MAX_QUERIES],
                    StartTime=now - _AGE_WINDOW,
                    EndTime=now,
                    ScanBy="TimestampDescending",
                )
            )
            for page in pages:
                for result in page["MetricDataResults"]:
                    if result["Values"]:
                        ages.setdefault(names[int(result["Id"].removeprefix("age"))], int(result["Values"][0]))
    except ClientError:
        # Without the right to read metrics, the rest of the status is still worth showing.
        return {}
    return ages
