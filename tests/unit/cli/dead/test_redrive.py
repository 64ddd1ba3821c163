"""`sluice dead redrive`."""

from __future__ import annotations

import json

import pytest
from sluice.cli import program
from sluice.queue.dead_letters import DeadLetters, Redriven

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.dead import bury
from tests.unit.support.traces import a_trace


def test_a_redrive_says_how_many_it_left(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def redrive(*_: object, **__: object) -> Redriven:
        return Redriven(3, arrived=2)

    monkeypatch.setattr(DeadLetters, "redrive", redrive)
    assert program.run(["dead", "redrive", HANDLER, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"handler": HANDLER, "redriven": 3}
    assert "3 redriven; 2 left, as they came in after this began" in err


def test_a_redrive_of_some_leaves_the_others(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    """The event is in the letter, whole, and what happened in the trace, if there is one."""
    event_ids = bury(cloud, 14)
    cut = {"event": "", "cut": ("event",), "status": "timed-out"}
    cloud.store.put(a_trace(id=event_ids[12], error={"type": "TimedOut", "message": "", "traceback": ""}, **cut))
    where = "event == `12` && error.type == 'TimedOut' || event == `3` && status == 'dead'"
    assert program.run(["dead", "redrive", HANDLER, "--where", where]) == 0
    assert "2 redriven" in capsys.readouterr().err
    assert sorted(message["Body"] for message in cloud.messages(HANDLER)) == ["12", "3"]
    assert program.run(["dead", "list", HANDLER, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 12
    assert program.run(["dead", "redrive", HANDLER, "--where", "event", "--id", event_ids[0]]) == 2
    assert "leave out --where and --sample" in capsys.readouterr().err
