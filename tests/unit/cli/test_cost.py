"""`sluice cost`."""

from __future__ import annotations

import json

import pytest
from sluice.cli.program import run
from sluice.planning import prices
from sluice.planning.cost import bill
from sluice.planning.usage import Usage


def test_cost_shows_each_part_and_the_total(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cost", "--events", "3e6", "--batch", "10", "--emit-batch", "10"]) == 0
    shown = capsys.readouterr()
    assert "3,000,000 events x (0.1 sent + 0.1 received + 0.1 deleted) x $0.40/million" in shown.out
    assert f"prices: us-east-1, {prices.AS_OF}" in shown.err
    assert run(["cost", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["total"] == pytest.approx(bill(Usage()).total)
    assert run(["cost", "--memory", "1"]) == 2
    assert "memory may be 128 to 10,240" in capsys.readouterr().err
