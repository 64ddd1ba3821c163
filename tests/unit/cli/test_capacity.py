"""`sluice capacity`."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from sluice.cli.program import run


def test_capacity_shows_the_drain_and_the_limits(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "backlog.svg"
    assert run(["capacity", "--pause-hours", "24", "--svg", str(file)]) == 0
    shown = capsys.readouterr()
    assert "a backlog of 86,400,000 drains in 2 h 42 min" in shown.err
    assert "NO" not in shown.out
    assert ET.fromstring(file.read_text()).tag.endswith("svg")
    assert run(["capacity", "--rate", "50000", "--pause-hours", "24"]) == 0
    shown = capsys.readouterr()
    assert "never drains" in shown.err
    assert "spread them over several handlers" in shown.err
    assert run(["capacity", "--batch", "0"]) == 2
    assert "batch may be 1 to 10,000, and not 0" in capsys.readouterr().err
    assert run(["capacity", "--rate", "50000", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["keeps_up"], made["drain_seconds"], made["concurrency"]) == (False, None, 5_000)


def test_capacity_says_how_long_a_new_table_takes_to_reach_the_load(capsys: pytest.CaptureFixture[str]) -> None:
    for rate, ramp in ((4_000, 0), (4_001, 1_800), (8_000, 1_800), (33_000, 4 * 1_800)):
        assert run(["capacity", "--rate", str(rate), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["ramp_seconds"] == ramp
    assert run(["capacity", "--rate", "16000", "--trace-kb", "2"]) == 0
    shown = capsys.readouterr().err
    assert "1 h 30 min to this load" in shown
    assert "Set warm_writes=32000 in app.py" in shown
    assert run(["capacity"]) == 0
    assert "new table" not in capsys.readouterr().err
