"""Moments on the command line."""

from __future__ import annotations

import re

import click
import pytest
from sluice import emit
from sluice.cli import program
from sluice.cli.parse_time import parse_moment, parse_seconds, parse_since, utc_text

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


def test_an_age_counts_back_from_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_000_000.0)

    ages = {text: 1_000_000.0 - parse_since("--since", text) for text in ("90s", "15m", "1h", "7d")}

    assert ages == {"90s": 90, "15m": 900, "1h": 3_600, "7d": 604_800}
    assert parse_since("--since", "1970-01-01T01:00:00+01:00") == 0


def test_a_moment_is_printed_in_utc_to_the_second() -> None:
    moment = parse_moment("--at", "2030-01-31T09:00:00.9+01:00")

    assert utc_text(moment) == "2030-01-31T08:00:00Z"


@pytest.mark.parametrize(("text", "seconds"), [("60", 60), ("1.5", 1.5), ("90s", 90), ("2h", 7_200), ("7d", 604_800)])
def test_a_time_is_seconds_or_has_a_unit(text: str, seconds: float) -> None:
    assert parse_seconds("--delay", text) == seconds


def test_another_time_is_explained() -> None:
    with pytest.raises(click.UsageError, match="--delay 2w: give seconds, or a time such as 90s, 15m, 2h or 7d"):
        parse_seconds("--delay", "2w")
