"""Failed runs in groups, and the command that shows them."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from sluice import emit_many
from sluice.cli import program
from sluice.operate.failures import failure_groups
from sluice.stage import clients
from sluice.traces.failure import failure
from sluice.traces.failure_index import FailedRun

from tests.unit.support.cloud import HANDLER, STAGE, Cloud, calls_of
from tests.unit.support.function import Function


def a_run(number: int, message: str, **fields: Any) -> FailedRun:
    cause = failure(HANDLER, kind="ValueError", message=message)
    given: dict[str, Any] = {"id": f"e{number}", "handler": HANDLER, "status": "error", "failed_ms": number} | fields
    return FailedRun(failure=cause, **given)


def test_runs_of_one_cause_are_one_group_with_its_first_and_last(cloud: Cloud) -> None:
    runs = [
        a_run(9000, "order 3 not found", status="dead"),
        a_run(8000, "no stock"),
        a_run(7000, "order 2 not found", replayed_as="e"),
        a_run(6000, "order 1 not found"),
        a_run(5000, "order 1 not found", handler="audit-log"),
    ]
    many, *others = failure_groups(runs, cloud.store.search)
    assert (many.count, many.replayed, many.status, many.example) == (3, 1, "dead", "e9000")
    assert (many.first, many.last) == ("1970-01-01T00:00:06.000Z", "1970-01-01T00:00:09.000Z")
    assert many.message == "order <number> not found"
    assert {(group.handler, group.message, group.count) for group in others} == {
        (HANDLER, "no stock", 1),
        ("audit-log", "order <number> not found", 1),
    }


def test_memory_grows_with_groups_and_not_with_runs(cloud: Cloud) -> None:
    def runs(count: int) -> Iterator[FailedRun]:
        return (a_run(number, f"order {number} not found") for number in range(count))

    def peak(count: int) -> int:
        tracemalloc.start()
        failure_groups(runs(count), cloud.store.search)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    # As objects, three thousand runs are more than a megabyte.
    assert peak(3_000) < 200_000


def test_failures_are_shown_in_groups(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    def handle(event: int) -> None:
        if event % 3 == 1:
            raise ValueError(f"order {event} has no e-mail address")
        if event == 3:
            raise KeyError("price")

    emit_many(HANDLER, range(10))
    Function(cloud, handle).poll()
    capsys.readouterr()

    calls = calls_of(clients.dynamodb(STAGE))
    assert program.run(["failures", "--json"]) == 0
    assert set(calls) == {"Query"}
    many, one = json.loads(capsys.readouterr().out)
    assert list(many) == [
        *("group", "handler", "status", "type", "message", "where"),
        *("count", "first", "last", "example", "replayed", "replays"),
    ]
    assert (many["count"], many["type"], many["message"]) == (3, "ValueError", "order <number> has no e-mail address")
    assert (one["count"], one["type"], one["message"]) == (1, "KeyError", "<text>")
    assert many["where"].endswith("handle")

    assert program.run(["replay", many["example"]]) == 0
    new_id = capsys.readouterr().out.strip()
    assert program.run(["failures", HANDLER]) == 0
    shown = capsys.readouterr()
    assert f"{many['group']}  {HANDLER}  error  3 failures, 1 replayed: 1 waiting" in shown.out
    assert "ValueError: order <number> has no e-mail address" in shown.out
    assert "4 failures of 2 causes since 24h" in shown.err
    assert program.run(["trace", many["example"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["replayed_as"] == new_id
    assert program.run(["trace", many["example"]]) == 0
    assert f"as {new_id}" in capsys.readouterr().out


def test_a_stage_without_failures_says_so(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    emit_many(HANDLER, range(3))
    Function(cloud, str).poll()
    capsys.readouterr()
    assert program.run(["failures", "--since", "7d"]) == 0
    assert "no run has failed since 7d" in capsys.readouterr().err
    assert program.run(["failures", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert program.run(["failures", "nobody"]) == 3
