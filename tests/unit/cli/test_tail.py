"""`sluice tail`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sluice.cli import program
from sluice.operate.follow import Follower
from sluice.traces import Trace

from tests.unit.support.cloud import HANDLER
from tests.unit.support.traces import a_trace

RUNS = [
    a_trace(event='{"order":\n 1}', started_ms=10**12, finished_ms=10**12 + 250),
    a_trace(status="error", event="2", error={"type": "KeyError", "message": "'price'", "traceback": ""}),
]


@pytest.fixture(autouse=True)
def _runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(_: Follower) -> Iterator[Trace]:
        yield from RUNS
        raise KeyboardInterrupt

    monkeypatch.setattr(Follower, "ended", ended)


@pytest.mark.usefixtures("cloud")
def test_a_line_for_each_run_until_ctrl_c_which_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["tail", HANDLER]) == 0
    out, err = capsys.readouterr()
    heading, first, second = out.splitlines()
    assert heading.split() == ["ended", "at", "handler", "status", "ms", "id", "event", "or", "error"]
    assert first.split(None, 5) == ["01:46:40.250", HANDLER, "ok", "250", RUNS[0].id, '{"order": 1}']
    assert second.endswith("KeyError: 'price'")
    assert "1 ok, 1 error" in err
    assert f"next: sluice failures {HANDLER}" in err


@pytest.mark.usefixtures("cloud")
def test_with_json_each_run_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["tail", "--json"]) == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == [run.id for run in RUNS]


@pytest.mark.usefixtures("cloud")
def test_an_unknown_handler_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["tail", "nobody"]) == 3
    assert "no handler named 'nobody'" in capsys.readouterr().err
