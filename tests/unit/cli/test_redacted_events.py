"""An event whose trace has lost its secrets does not run again from there."""

from __future__ import annotations

import json

import pytest
from sluice import emit
from sluice.cli import program
from sluice.cli.command_error import CommandError
from sluice.cli.find_event import find_event
from sluice.cli.invocation import Invocation

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.traces import a_trace

SECRET = "zebra-hunter2"


def test_an_event_that_had_a_secret_is_not_replayed(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    trace = a_trace(event='{"password": "[redacted]"}', redacted=("event",))
    cloud.store.put(trace)
    assert program.run(["replay", trace.id]) == 1
    assert "had secrets, which its trace does not hold" in capsys.readouterr().err
    with pytest.raises(CommandError, match="emit it again from its source"):
        find_event(Invocation(stage=STAGE, as_json=True), HANDLER, trace.id)


def test_an_event_of_a_run_that_logged_a_secret_is_replayed(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    trace = a_trace(event='{"a": 1}', redacted=("logs",))
    cloud.store.put(trace)
    assert program.run(["replay", trace.id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["replayed"] == trace.id
    assert find_event(Invocation(stage=STAGE, as_json=True), HANDLER, trace.id) == '{"a": 1}'


def test_a_trace_says_which_fields_had_a_secret(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    trace = a_trace(redacted=("error", "logs"))
    cloud.store.put(trace)
    assert program.run(["trace", trace.id]) == 0
    assert "  redacted   error, logs\n" in capsys.readouterr().out


def test_an_event_without_a_handler_is_kept_whole_and_shown_without_its_secret(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    event_id = emit("unknown", {"a": 1, "password": SECRET})
    stored = cloud.store.get("unknown", event_id)
    assert stored is not None
    assert SECRET in stored.event
    for command in (["trace", event_id], ["traces", "unknown"]):
        for options in ([], ["--json"]):
            assert program.run([*command, *options]) == 0
            shown = capsys.readouterr().out
            assert SECRET not in shown
            assert "[redacted]" in shown
