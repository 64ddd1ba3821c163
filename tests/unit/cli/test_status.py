"""`sluice status`."""

from __future__ import annotations

from dataclasses import replace

import pytest
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
