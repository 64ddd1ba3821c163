"""The problems of app.py as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra import Worker
from infra.bundle.target import LAMBDA
from infra.checks import problems_with


def problems_with_names(tmp_path: Path, stage: str, *names: Any) -> list[str]:
    """Return the problems of entries with these names, without those of their files."""
    problems = problems_with(stage, [Worker(name) for name in names], functions=tmp_path, target=LAMBDA)
    return [problem for problem in problems if "there is no file" not in problem]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("send_receipt", "use lower-case letters, digits and single hyphens"),
        ("SendReceipt", "use lower-case letters"),
        ("", "use lower-case letters"),
        (None, "use lower-case letters"),
        ("send-dead", "names ending in '-dead' are those of dead-letter queues"),
        ("x" * 54, "its function would be named"),
    ],
)
def test_an_invalid_name_is_a_problem(tmp_path: Path, name: Any, expected: str) -> None:
    [problem] = problems_with_names(tmp_path, "dev", name)
    assert expected in problem


def test_the_longest_valid_name_has_no_problem(tmp_path: Path) -> None:
    assert problems_with_names(tmp_path, "dev", "x" * 53) == []


def test_two_entries_of_one_name_are_a_problem(tmp_path: Path) -> None:
    assert problems_with_names(tmp_path, "dev", "log", "log", "other") == [
        "handler 'log': app.py has 2 entries of this name; keep one, or rename the others and their files"
    ]


def test_an_invalid_stage_is_a_problem(tmp_path: Path) -> None:
    [problem] = problems_with_names(tmp_path, "Prod-1", "log")
    assert "stage 'Prod-1': use lower-case letters and digits only" in problem


def test_anything_but_an_entry_is_a_problem(tmp_path: Path) -> None:
    problems = problems_with("dev", ["log"], functions=tmp_path, target=LAMBDA)
    assert problems == ["handlers[0] is 'log'; write Worker(...) or Cron(...)"]
