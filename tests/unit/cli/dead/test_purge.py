"""`sluice dead purge`."""

from __future__ import annotations

import io

import pytest
from sluice.cli import program

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.dead import bury
from tests.unit.support.polling import dead_letters


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stdin", [None, closed(), io.StringIO(f"{HANDLER}\n")], ids=["none", "closed", "a pipe"])
def test_without_a_terminal_to_ask_at_nothing_is_deleted(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, stdin: io.StringIO | None
) -> None:
    bury(cloud, 1)
    monkeypatch.setattr("sys.stdin", stdin)

    assert program.run(["dead", "purge", HANDLER]) == 2

    assert "give --yes to do it" in capsys.readouterr().err
    assert len(dead_letters(cloud)) == 1


def test_with_yes_all_are_deleted(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bury(cloud, 2)
    monkeypatch.setattr("sys.stdin", None)

    assert program.run(["dead", "purge", HANDLER, "--yes"]) == 0

    assert dead_letters(cloud) == []
