"""`sluice trace` and `sluice traces --json`."""

from __future__ import annotations

import pytest
from sluice import emit, emit_many
from sluice.cli import program
from sluice.cli.trace_page import print_trace
from sluice.event.ids import new_id
from sluice.traces import Trace

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function
from tests.unit.support.traces import a_trace, unfinished


def test_a_trace_is_printed_with_the_event_as_it_was_sent(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    event = '{"a":1,"a":2.0,"big":' + "7" * 400 + "}"
    event_id = emit("unknown", None)
    found = cloud.store.get("unknown", event_id)
    assert found is not None
    cloud.store.unhandled.put([Trace(id=event_id, handler="unknown", status="no-handler", event=event)])

    assert program.run(["trace", event_id, "--json"]) == 0
    assert f'"event": {event}' in capsys.readouterr().out
    assert program.run(["traces", "unknown", "--json"]) == 0
    assert f'"event": {event}' in capsys.readouterr().out
    assert program.run(["trace", event_id]) == 0
    assert '    "a": 2.0,\n    "big": 7777' in capsys.readouterr().out


def test_failed_runs_are_listed_with_what_went_wrong(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    def handle(event: int) -> None:
        if event % 2:
            raise LookupError(f"no order {event}")

    function = Function(cloud, handle)
    emit_many(HANDLER, range(4))
    function.poll()
    capsys.readouterr()
    assert program.run(["traces", HANDLER, "--status", "failed"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert sorted(line.split("LookupError: ")[1].strip() for line in lines) == ["no order 1", "no order 3"]
    assert program.run(["traces", HANDLER, "--status", "dead"]) == 0
    assert "no such traces" in capsys.readouterr().err


def test_lists_say_which_events_were_not_run(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    other = new_id()
    cloud.store.put(a_trace(duplicate_of=other))
    cloud.store.put(a_trace(skipped="another run was under way"))
    assert program.run(["traces", HANDLER]) == 0
    told = [line.partition("not run: ")[2] for line in capsys.readouterr().out.splitlines()[1:]]
    assert sorted(told) == ["another run was under way", f"duplicate of {other}"]


@pytest.mark.parametrize(
    ("status", "attempts"),
    [
        ("interrupted", ["1. died: its process left no record of an end", "2. started"]),
        ("dead", ["1. died: its process left no record of an end", "2. died: its process left no record of an end"]),
    ],
)
def test_an_attempt_whose_process_died_says_so(
    capsys: pytest.CaptureFixture[str], status: str, attempts: list[str]
) -> None:
    print_trace(unfinished(1, 2, status=status))
    assert [line.strip() for line in capsys.readouterr().out.splitlines()][-2:] == attempts
