"""The log of a process that died, found from its trace."""

from __future__ import annotations

import time
from collections.abc import Sequence

import boto3
import pytest
from sluice.cli import program
from sluice.operate.process_log import process_log
from sluice.traces import Trace

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.traces import a_start, a_trace

NOW = int(time.time() * 1000)
GROUP = f"/aws/lambda/sluice-{STAGE}-{HANDLER}"


def died(**fields: object) -> Trace:
    started = NOW - 100_000
    known = {"status": "interrupted", "history": (a_start(started),), "started_ms": started, "over_ms": NOW - 10_000}
    return a_trace(**({**known, "request_id": "r-1", "log_stream": "stream"} | fields))


def write(stream: str, lines: Sequence[tuple[int, str]]) -> None:
    """Write lines, with the seconds from the run's start to each."""
    logs = boto3.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]:
        logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    events = [{"timestamp": NOW - 100_000 + 1_000 * after, "message": text} for after, text in lines]
    logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


LINES = [
    (-50, "of an event before"),
    (0, "START RequestId: r-1 Version: $LATEST"),
    (1, "half-way\nthere\n"),
    (2, "REPORT RequestId: r-1 Duration: 1 ms"),
]


@pytest.mark.parametrize("stream", ["stream", "of another name"])
def test_its_lines_are_those_of_its_time_without_lambdas_own(cloud: Cloud, stream: str) -> None:
    write(stream, LINES)
    write("of another process", [(1, "START RequestId: r-2"), (1, "another event's")])
    assert process_log(STAGE, died()) == ["half-way", "there"]


def test_there_may_be_no_log(cloud: Cloud) -> None:
    assert process_log(STAGE, died()) == []
    assert process_log(STAGE, died(log_stream=None)) == []


def test_a_trace_shows_what_its_process_printed_until_it_died(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    write("stream", LINES)
    trace = died()
    cloud.store.put(trace)
    assert program.run(["trace", trace.id]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{HANDLER}  interrupted\n")
    assert "logs\n  half-way\n  there\n" in out
    assert "attempts\n  1. died: its process left no record of an end\n" in out
    assert program.run(["traces", HANDLER]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("died: its process left no record of an end")


def test_a_trace_of_a_run_that_has_ended_asks_for_no_log(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    write("stream", LINES)
    trace = died(status="error", error={"type": "E", "message": "m", "traceback": ""}, over_ms=None)
    cloud.store.put(trace)
    assert program.run(["trace", trace.id]) == 0
    assert "half-way" not in capsys.readouterr().out


def test_a_run_under_way_says_until_when(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    # An hour: the suite may take long to get here.
    trace = died(over_ms=NOW + 3_600_000)
    cloud.store.put(trace)
    assert program.run(["trace", trace.id]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{HANDLER}  running\n")
    assert "  running    until 20" in out
