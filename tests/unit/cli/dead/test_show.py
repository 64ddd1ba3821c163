"""`sluice dead show`."""

from __future__ import annotations

import json

import pytest
from sluice.cli import program
from sluice.traces import Attempt, Trace

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.dead import bury


def test_an_event_that_killed_its_process_is_shown_as_dead(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    (event_id,) = bury(cloud, 1)
    starts = tuple(Attempt(outcome="started", started_ms=number) for number in range(5))
    cloud.store.put(
        Trace(id=event_id, handler=HANDLER, status="interrupted", event="0", history=starts, started_ms=4, dead_ms=5)
    )
    assert program.run(["dead", "show", HANDLER, event_id, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["trace"]["status"] == "dead"
    assert "attempt 5 was cut off" in shown["why"]
    assert program.run(["dead", "show", HANDLER, event_id]) == 0
    out = capsys.readouterr().out
    assert "dead" in out
    assert "interrupted" not in out
