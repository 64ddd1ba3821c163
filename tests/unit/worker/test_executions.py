from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

import pytest
from sluice import emit
from sluice.recording.calls import CallHook
from sluice.recording.own_code import OwnCode
from sluice.recording.recorder import Recording
from sluice.recording.render import NoSecrets, Secrets
from sluice.traces import Trace
from sluice.traces.calls import calls_of
from sluice.traces.item import to_item
from sluice.traces.write_units import UNIT, bytes_of, units_of, with_what_fits
from sluice.worker.executions import MAX_CALLS_BY_NAME, MAX_CALLS_WITH_VALUES, Executions

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Context, Function
from tests.unit.support.traces import a_trace

MINUTE = 60_000
NOW = 1_795_459_256_000


class Recorded(Recording):
    """A run of `handle`, which made so many calls with an argument of such a size."""

    def __init__(self, count: int, size: int = 1, outside: int = 0) -> None:
        self.outside = outside
        self.made: list[bool] = []
        self.count = count
        self.size = size

    @property
    def call_count(self) -> int:
        return self.count

    @property
    def outside_count(self) -> int:
        return self.outside

    def calls(self, secrets: Secrets, *, values: bool = True) -> dict[str, Any]:
        self.made.append(values)
        work = [1, 0, 100, 20, 7]
        rows = [[0, -1, 5, 900, 0]] + [[*work, ["x" * self.size], 1] if values else work] * (self.count - 1)
        return {
            "fns": [["handle", "handlers/a.py", 3, ["event"]], ["work", "handlers/a.py", 1, ["text"]]],
            "calls": rows,
        }

    def locals(self, secrets: Secrets) -> tuple[dict[str, Any], ...]:
        return ({"function": "handle", "file": "handlers/a.py", "line": 1, "source": "1 / 0", "values": {}},)


def ran(status: str = "ok", **fields: Any) -> Trace:
    return a_trace(status=status, **({"event": '{"id": 1}', "started_ms": NOW - 5, "finished_ms": NOW} | fields))


@pytest.fixture
def executions() -> Executions:
    """In a minute whose first run was before."""
    used = Executions()
    used.kept(ran(), Recorded(1), NoSecrets())
    return used


def units(trace: Trace) -> int:
    return units_of(to_item(trace, 1_800_000_000))


@pytest.mark.parametrize(("outside", "kept"), [(0, False), (1, True)])
def test_a_run_that_only_calls_the_outside_keeps_what_fits(executions: Executions, outside: int, kept: bool) -> None:
    """A single call is `handle`, of which the trace says everything already."""
    trace = executions.kept(ran(), Recorded(1, outside=outside), NoSecrets())
    assert (trace.calls is not None) == kept
    assert units(trace) == units(ran())


@pytest.mark.parametrize("status", ["error", "timed-out", "interrupted", "dead"])
def test_a_run_that_did_not_end_ok_keeps_everything(executions: Executions, status: str) -> None:
    recorded = Recorded(150, 100)
    kept = executions.kept(ran(status), recorded, NoSecrets())
    assert len(calls_of(kept.calls)) == 150
    assert kept.locals
    assert recorded.made == [True]


def test_the_first_run_of_a_minute_keeps_everything(executions: Executions) -> None:
    for minute in (1, 2):
        now = NOW + minute * MINUTE
        first, second = (executions.kept(ran(finished_ms=now), Recorded(150), NoSecrets()) for _ in range(2))
        assert len(calls_of(first.calls)) == 150
        assert second.calls is None


@pytest.mark.parametrize(
    ("count", "size", "made", "kept"),
    [
        (1, 1, [], None),
        (2, 1, [True], "values"),
        (MAX_CALLS_WITH_VALUES, 10, [True], "values"),
        (MAX_CALLS_WITH_VALUES + 1, 1, [False], "names"),
        (MAX_CALLS_BY_NAME + 1, 1, [], None),
    ],
)
def test_any_other_run_keeps_what_its_write_unit_has_room_for(
    executions: Executions, count: int, size: int, made: list[bool], kept: str | None
) -> None:
    recorded, trace = Recorded(count, size), ran()
    found = executions.kept(trace, recorded, NoSecrets())

    assert recorded.made == made
    assert units(found) == units(trace) == 1
    assert found.locals == ()
    calls = calls_of(found.calls)
    assert bool(calls) is (kept is not None)
    assert any(call.arguments for call in calls) is (kept == "values")


@pytest.mark.parametrize("logs", [0, 300, 400, 500, 600, 700, 800, 900, 1_500, 3_000])
def test_an_ordinary_event_never_costs_a_further_write_unit(executions: Executions, logs: int) -> None:
    noise = "".join(f"{n * n * 7919 % 9973}" for n in range(logs))[:logs]
    trace = ran(logs=noise)
    for count in range(1, 50, 3):
        found = executions.kept(trace, Recorded(count, 40), NoSecrets())
        assert units(found) == units(trace)


def test_names_are_kept_where_values_do_not_fit() -> None:
    recorded = Recorded(9, 100)
    trace = ran(logs="".join(f"{n * n * 7919 % 9973}" for n in range(200))[:500])
    found = with_what_fits(
        trace,
        [
            lambda: {**recorded.calls(NoSecrets()), "note": "".join(f"{n * n * 7919 % 9973}" for n in range(800))},
            lambda: recorded.calls(NoSecrets(), values=False),
        ],
    )
    assert [call.arguments for call in calls_of(found.calls)] == [None] * 9
    assert units(found) == 1


def test_a_run_whose_calls_cannot_be_rendered_keeps_none(executions: Executions) -> None:
    recorded = Recorded(2)
    recorded.calls = None  # type: ignore[assignment, method-assign]
    trace = ran("error")
    assert executions.kept(trace, recorded, NoSecrets()) is trace


@pytest.fixture
def without_monitoring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sluice.recording.calls._monitoring", None)


@pytest.mark.usefixtures("without_monitoring")
def test_a_trace_of_an_old_python_says_why_it_has_no_calls() -> None:
    own = OwnCode("team.entry")
    recording = Recording(own, CallHook(own, values=True), values=True)
    kept = Executions().kept(ran(), recording, NoSecrets())
    printed = json.loads(kept.to_json())
    assert printed["no_calls"].endswith("cannot record calls; 3.12 and newer can")
    assert printed["calls"] == []


def test_the_size_of_an_item_is_that_of_its_names_and_values() -> None:
    item = {"pk": {"S": "ä"}, "n": {"N": "1795459256"}, "trace": {"B": b"x" * 10}}
    assert bytes_of(item) == (2 + 2) + (1 + 7) + (5 + 10)
    assert [units_of({"a": {"B": b"x" * size}}) for size in (UNIT - 1, UNIT)] == [1, 2]


def test_calls_come_back_from_an_item_and_are_printed_by_name() -> None:
    trace = dataclasses.replace(ran(), calls=Recorded(2).calls(NoSecrets()))
    work = json.loads(trace.to_json())["calls"][1]
    assert work == {
        "function": "work",
        "file": "handlers/a.py",
        "line": 1,
        "parent": 0,
        "start_us": 100,
        "us": 20,
        "caller_line": 7,
        "arguments": {"text": "x"},
        "result": 1,
        "state": "returned",
        "raised_line": None,
    }


def test_a_handler_without_traces_keeps_no_contents_and_never_runs_an_event_again(cloud: Cloud) -> None:
    ran: list[Any] = []

    def handle(event: Any) -> str:
        ran.append(event)
        sys.stdout.write("a secret")
        if len(ran) < 3:
            raise MemoryError
        return "a secret"

    function = Function(cloud, handle, trace="off")
    emit(HANDLER, "a secret")
    (record,) = function.receive()
    responses = []
    for _ in range(4):
        responses.append(function.worker.handle({"Records": [record]}, Context()))  # type: ignore[arg-type]
        record = delivered_again(record)
        assert "secret" not in str(cloud.dynamodb.scan(TableName=cloud.names.trace_table)["Items"])

    (trace,) = function.traces()
    assert (trace.status, trace.attempts, trace.cut) == ("ok", 3, ("event", "logs", "result"))
    assert ran == ["a secret"] * 3
    assert [len(response["batchItemFailures"]) for response in responses] == [1, 1, 0, 0]
    assert "secret" not in trace.to_json()


def delivered_again(record: dict[str, Any]) -> dict[str, Any]:
    count = str(int(record["attributes"]["ApproximateReceiveCount"]) + 1)
    return {**record, "attributes": {**record["attributes"], "ApproximateReceiveCount": count}}
