"""Moments on the command line."""

from __future__ import annotations

import re

import pytest
from sluice import emit
from sluice.cli import program

from tests.unit.support.cloud import HANDLER, Cloud


@pytest.mark.parametrize("given", ["2026-01-01", "2026-01-01T09:00", "20260101T0900"])
def test_a_moment_without_a_zone_gets_suggestions_that_work(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    emit(HANDLER, 1)
    assert program.run(["traces", HANDLER, "--since", given]) == 2
    message = capsys.readouterr().err
    suggested = re.findall(r"\S+\+01:00|\S+Z(?= for UTC)", message)
    assert len(suggested) == 2
    for moment in suggested:
        assert program.run(["traces", HANDLER, "--since", moment]) == 0
