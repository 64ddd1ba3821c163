"""A handler's own Powertools metrics beside ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from sluice import emit_many

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function


@pytest.fixture(autouse=True)
def _no_metrics_of_other_tests() -> Iterator[None]:
    """Powertools keeps them for as long as a process lives."""
    yield
    Metrics().clear_metrics()


@pytest.mark.parametrize("flushes", [True, False])
def test_a_handlers_metrics_and_ours_do_not_mix(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], flushes: bool
) -> None:
    def handle(event: int) -> None:
        metrics = Metrics(namespace="Shop", service="orders")
        metrics.add_dimension("customer", "ada")
        metrics.add_metric("Sold", MetricUnit.Count, 1)
        if flushes:
            metrics.flush_metrics()

    function = Function(cloud, handle, batch_size=1)
    emit_many(HANDLER, range(2))
    for _ in range(2):
        function.poll()
    written: dict[str, list[Any]] = {"Shop": [], "Sluice": []}
    for line in capsys.readouterr().out.splitlines():
        fields = json.loads(line)
        (described,) = fields["_aws"]["CloudWatchMetrics"]
        written[described["Namespace"]].append((described["Dimensions"], "Sold" in fields, fields.get("Ok")))
    assert written["Sluice"] == [([["stage", "service"]], False, [1.0])] * 2
    assert written["Shop"] == ([([["customer", "service"]], True, None)] * 2 if flushes else [])
