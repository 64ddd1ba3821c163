"""The age of each handler's oldest event, as CloudWatch measured it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice import emit
from sluice.operate import queue_ages
from sluice.operate.status import statuses
from sluice.stage import clients

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.deployed import NAMES


class Metrics:
    """CloudWatch with one answer or error for every call."""

    def __init__(self, values: list[float], error: ClientError | None = None) -> None:
        self.values = values
        self.error = error
        self.asked: list[Any] = []

    def get_paginator(self, _: str) -> Metrics:
        return self

    def paginate(self, **arguments: Any) -> list[Any]:
        self.asked.append(arguments)
        if self.error:
            raise self.error
        results = [{"Id": query["Id"], "Values": self.values} for query in arguments["MetricDataQueries"]]
        return [{"MetricDataResults": results}]


def with_metrics(monkeypatch: pytest.MonkeyPatch, metrics: Metrics) -> None:
    real = clients.client
    monkeypatch.setattr(
        clients, "client", lambda service, stage: metrics if service == "cloudwatch" else real(service, stage)
    )


def test_the_oldest_events_age_is_cloudwatchs_last_measurement(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.create_queue("idle")
    emit(HANDLER, 1)
    metrics = Metrics([125.0, 65.0])
    with_metrics(monkeypatch, metrics)

    ages = {row.handler: row.oldest_s for row in statuses(STAGE)}

    assert ages == {HANDLER: 125, "idle": None}
    (asked,) = metrics.asked
    (query,) = asked["MetricDataQueries"]
    assert query["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "QueueName", "Value": NAMES.queue(HANDLER)}]
    assert asked["EndTime"] <= datetime.now(UTC)


def test_more_ages_than_cloudwatch_takes_at_once_are_asked_for_in_turn(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.create_queue("another")
    for name in (HANDLER, "another"):
        emit(name, 1)
    metrics = Metrics([65.0])
    with_metrics(monkeypatch, metrics)
    monkeypatch.setattr(queue_ages, "_MAX_QUERIES", 1)

    assert {row.handler: row.oldest_s for row in statuses(STAGE)} == {HANDLER: 65, "another": 65}
    assert [len(asked["MetricDataQueries"]) for asked in metrics.asked] == [1, 1]


@pytest.mark.parametrize(
    "metrics",
    [
        Metrics([]),
        Metrics([], ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetMetricData")),
    ],
)
def test_an_unknown_age_is_none(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, metrics: Metrics) -> None:
    emit(HANDLER, 1)
    with_metrics(monkeypatch, metrics)

    (row,) = statuses(STAGE)

    assert (row.waiting, row.oldest_s) == (1, None)
