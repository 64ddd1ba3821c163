"""`sluice status`."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sluice.cli import program, status
from sluice.cli.status import print_status
from sluice.operate.status import HandlerStatus

from tests.unit.support.cloud import HANDLER


def test_the_table_has_a_column_for_moves_only_where_there_are_any(capsys: pytest.CaptureFixture[str]) -> None:
    at = "2027-01-15T08:00:00.000Z"
    row = HandlerStatus(handler=HANDLER, kind="worker", state="paused", waiting=1)
    print_status([row])
    assert "moved" not in capsys.readouterr().out
    print_status([replace(row, moved_at=at)])
    shown = capsys.readouterr().out
    assert "moved at" in shown
    assert at in shown
    print_status([replace(row, moved_at=at, moving=True)])
    shown = capsys.readouterr().out
    assert at not in shown
    assert "now" in shown


def test_watching_shows_it_again_and_again_until_ctrl_c(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) % 3 == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr(status, "statuses", lambda *_: [HandlerStatus(handler=HANDLER, state="running")])
    assert program.run(["status", "--watch", "--stage", "any"]) == 0
    assert capsys.readouterr().out.count(HANDLER) == 3
    assert program.run(["status", "--watch", "--every", "2", "--json", "--stage", "any"]) == 0
    looks = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [look[0]["handler"] for look in looks] == [HANDLER] * 3
    assert pauses == [5, 5, 5, 2, 2, 2]
