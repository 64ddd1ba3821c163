"""Tables for people."""

from __future__ import annotations

import pytest
from sluice.cli.tables import one_line, print_table


def test_a_table_leaves_out_columns_that_are_empty(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(
        ["name", "n", "why", "by"], [["a", "1", "-", "x"], ["b", "20", "-", "-"]], numbers={1}, drop_empty={2, 3}
    )

    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "name   n  by",
        "a      1  x",
        "b     20  -",
    ]


@pytest.mark.parametrize(
    ("text", "line"), [("a\n  b\tc", "a b c"), ("x" * 10, "x" * 10), ("x" * 11, "x" * 9 + "…"), ("", "")]
)
def test_text_is_cut_to_one_line(text: str, line: str) -> None:
    assert one_line(text, 10) == line


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_ids_stay_whole_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setattr("sluice.cli.tables._PIPE_WIDTH", columns)
    event_id = "01909a3e-7c5b-7d1e-8f3a-0123456789ab"

    print_table(["id", "handler", "event"], [[event_id, "send-receipt", "{" + "x" * 200 + "}"]])

    assert event_id in capsys.readouterr().out
