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
