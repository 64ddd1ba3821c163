"""Progress on a stderr that is not a terminal."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from sluice.cli import progress
from sluice.cli.progress import ShownProgress


def test_a_step_ends_with_its_duration(capsys: pytest.CaptureFixture[str]) -> None:
    with ShownProgress().step("deploying"):
        pass

    assert re.fullmatch(r"deploying: \d+\.\d s\n", capsys.readouterr().err)


def test_a_step_that_fails_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), ShownProgress().step("deploying"):
        raise ZeroDivisionError

    assert capsys.readouterr().err == "deploying: failed\n"


def test_details_are_rare(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now))
    shown = ShownProgress()
    with shown.step("reading"):
        for second in range(26):
            now = float(second)
            shown.detail(f"{second} of 26")

    assert capsys.readouterr().err == "reading ... 10 of 26 (10 s)\nreading ... 20 of 26 (20 s)\nreading: 25.0 s\n"
