"""The function's log and metrics, and a handler's own Powertools metrics beside them."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from sluice import emit, emit_many

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.faults import FaultyClient, Process
from tests.unit.support.function import Context, Function, no_memory


@pytest.fixture(autouse=True)
def _no_metrics_of_other_tests() -> Iterator[None]:
    """Powertools keeps them for as long as a process lives."""
    yield
    Metrics().clear_metrics()


def test_every_logged_line_is_json_with_handler_event_and_attempt(cloud: Cloud) -> None:
    def handle(event: object) -> None:
        logging.getLogger("shop").info("hello %s", event)
        raise ValueError

    function = Function(cloud, handle)
    event_id = emit(HANDLER, 1)
    function.poll()
    lines = [json.loads(line) for line in function.log.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["hello 1", "error"]
    for line in lines:
        assert (line["handler"], line["event_id"], line["attempt"]) == (HANDLER, event_id, 1)


def test_metrics_are_written_in_embedded_metric_format(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    function = Function(cloud, lambda event: 1 / event)
    emit_many(HANDLER, [0, 1, 2])
    function.poll()
    written = json.loads(capsys.readouterr().out)
    assert (written["Ok"], written["Error"], written["Failed"]) == ([1.0, 1.0], [1.0], [1.0])
    (described,) = written["_aws"]["CloudWatchMetrics"]
    # Those that the alarm watches: tests/infra/handler/test_failure_alarm.py.
    assert {name: written[name] for name in described["Dimensions"][0]} == {"stage": "test", "service": HANDLER}
    assert written["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Sluice"
    assert len(written["Duration"]) == len(written["Wait"]) == 3


@pytest.mark.parametrize(
    ("handle", "counted"),
    [
        (lambda _: time.sleep(600), {"TimedOut", "Failed"}),
        (no_memory, {"Interrupted"}),
        (lambda _: None, {"Ok"}),
    ],
    ids=["timed out", "interrupted", "ok"],
)
def test_only_failures_are_counted_as_failed(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], handle: Any, counted: set[str]
) -> None:
    emit(HANDLER, 1)
    Function(cloud, handle, timeout=0.05 if "Failed" in counted else 60).poll(Context(300_000))
    written = json.loads(capsys.readouterr().out)
    (described,) = written["_aws"]["CloudWatchMetrics"]
    assert {metric["Name"] for metric in described["Metrics"]} == counted | {"Duration", "Wait"}


def test_a_line_has_at_most_a_hundred_values_of_a_metric(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    function = Function(cloud, str)
    emit(HANDLER, 1)
    function.poll()
    (trace,) = function.traces()
    capsys.readouterr()
    for _ in range(250):
        function.worker._telemetry.ran(trace)
    function.worker._telemetry.flush()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for name in ("Ok", "Duration"):
        counts = [len(line.get(name, [])) for line in lines]
        assert (max(counts), sum(counts)) == (100, 250)


@pytest.mark.parametrize("flushes", [True, False])
def test_a_handlers_own_metrics_do_not_mix_with_ours(
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


def broken(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError


@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_telemetry_that_fails_makes_no_event_run_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, written: bool, fails: bool
) -> None:
    def handle(event: int) -> float:
        return 1 / event

    process = Process()
    function = Function(
        cloud, handle, dynamodb=FaultyClient(cloud.dynamodb, process, lambda _: None if written else "refuse")
    )
    telemetry = function.worker._telemetry
    monkeypatch.setattr(telemetry._metrics, "serialize_metric_set", broken)
    monkeypatch.setattr(telemetry, "_add", broken)
    for name in ("warning", "error", "remove_keys"):
        monkeypatch.setattr(telemetry.logger, name, broken)
    emit(HANDLER, 0 if fails else 1)
    assert function.poll()["batchItemFailures"] == []
    assert [trace.status for trace in function.traces()] == (["error" if fails else "ok"] if written else [])


def test_metrics_that_cannot_be_written_fail_no_batch(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    function = Function(cloud, str)
    monkeypatch.setattr(function.worker._telemetry._metrics, "serialize_metric_set", broken)
    emit(HANDLER, 1)
    assert function.poll()["batchItemFailures"] == []
