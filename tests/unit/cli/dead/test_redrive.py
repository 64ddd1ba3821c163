"""`sluice dead redrive`."""

from __future__ import annotations

import json

import pytest
from sluice.cli import program
from sluice.queue.dead_letters import DeadLetters, Redriven

from tests.unit.support.cloud import HANDLER, Cloud


def test_a_redrive_says_how_many_it_left(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def redrive(*_: object) -> Redriven:
        return Redriven(3, arrived=2)

    monkeypatch.setattr(DeadLetters, "redrive", redrive)
    assert program.run(["dead", "redrive", HANDLER, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"handler": HANDLER, "redriven": 3}
    assert "3 redriven; 2 left, as they came in after this began" in err
