"""The problems of the files in functions/handlers."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import Worker
from infra.bundle.target import LAMBDA
from infra.checks import problems_with
from infra.checks.files import suggested_stem

SOURCE = "def handle(event):\n    return event\n"


def problems(directory: Path, files: dict[str, str], *handlers: str) -> list[str]:
    """Return the problems of these files and entries."""
    functions = directory / "functions"
    (functions / "handlers").mkdir(parents=True)
    for name, source in files.items():
        (functions / "handlers" / name).write_text(source)
    return problems_with("dev", [Worker(name) for name in handlers], functions=functions, target=LAMBDA)


def test_a_file_for_each_entry_has_no_problem(tmp_path: Path) -> None:
    files = {"send_receipt.py": SOURCE, "log.py": SOURCE, "_shared.py": "", ".hidden.py": "?", "notes.txt": "?"}
    assert problems(tmp_path, files, "send-receipt", "log") == []


def test_an_entry_without_a_file_is_a_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, {}, "send-receipt") == [
        "handler 'send-receipt': there is no file functions/handlers/send_receipt.py; create it with a function"
        " handle(event), or remove the entry from app.py"
    ]


def test_a_project_without_functions_has_a_problem_for_each_entry(tmp_path: Path) -> None:
    [problem] = problems_with("dev", [Worker("log")], functions=tmp_path / "none", target=LAMBDA)
    assert "there is no file functions/handlers/log.py" in problem


def test_a_file_without_an_entry_is_a_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, {"send_receipt.py": SOURCE}) == [
        "functions/handlers/send_receipt.py: app.py has no entry for it; add Worker('send-receipt') to its handlers, or"
        " rename the file to _send_receipt.py if it holds no handler"
    ]


@pytest.mark.parametrize("stem", ["send-receipt", "Send_Receipt", "SendReceipt", "send__receipt", "send receipt"])
def test_a_misnamed_file_gets_a_better_name(tmp_path: Path, stem: str) -> None:
    assert problems(tmp_path, {f"{stem}.py": SOURCE}, "send-receipt") == [
        f"functions/handlers/{stem}.py: rename it to send_receipt.py, the file of handler 'send-receipt'"
    ]


@pytest.mark.parametrize("stem", ["2fa", "ends_dead", "日本"])
def test_a_file_whose_name_no_handler_can_have_is_a_problem(tmp_path: Path, stem: str) -> None:
    [problem] = problems(tmp_path, {f"{stem}.py": SOURCE})
    assert problem.startswith(f"functions/handlers/{stem}.py: no handler can have this name")


def test_a_better_name_is_suggested_only_if_it_is_valid() -> None:
    assert suggested_stem("HTTPCall2Send") == "httpcall2_send"
    assert suggested_stem("2fa") is None


def test_a_problem_of_a_source_names_its_file(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, {"log.py": "def handle(event, context): ..."}, "log")
    assert problem.startswith("functions/handlers/log.py: line 1: `handle` is called with one argument")
