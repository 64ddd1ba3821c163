"""A file for each entry, an entry for each file, and in the file a `handle` that can be called."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import Worker
from infra.bundle.target import LAMBDA
from infra.checks import problems_with
from infra.checks.files import right_stem
from infra.checks.handle import problem_with_handle

GOOD = "def handle(event):\n    return event\n"


def problems(directory: Path, files: dict[str, str], *handlers: str) -> list[str]:
    """What is said of these files and entries."""
    functions = directory / "functions"
    (functions / "handlers").mkdir(parents=True)
    for name, source in files.items():
        (functions / "handlers" / name).write_text(source)
    return problems_with("dev", [Worker(name) for name in handlers], functions=functions, target=LAMBDA)


def test_a_file_for_each_entry_is_right(tmp_path: Path) -> None:
    files = {"send_receipt.py": GOOD, "log.py": GOOD, "_shared.py": "", ".hidden.py": "?", "notes.txt": "?"}
    assert problems(tmp_path, files, "send-receipt", "log") == []


def test_an_entry_without_a_file(tmp_path: Path) -> None:
    assert problems(tmp_path, {}, "send-receipt") == [
        "handler 'send-receipt': there is no file functions/handlers/send_receipt.py; create it with a function"
        " handle(event), or remove the entry from app.py"
    ]


def test_no_directory_at_all(tmp_path: Path) -> None:
    [said] = problems_with("dev", [Worker("log")], functions=tmp_path / "none", target=LAMBDA)
    assert "there is no file functions/handlers/log.py" in said


def test_a_file_without_an_entry(tmp_path: Path) -> None:
    assert problems(tmp_path, {"send_receipt.py": GOOD}) == [
        "functions/handlers/send_receipt.py: app.py has no entry for it; add Worker('send-receipt') to its handlers, or"
        " rename the file to _send_receipt.py if it holds no handler"
    ]


@pytest.mark.parametrize("stem", ["send-receipt", "Send_Receipt", "SendReceipt", "send__receipt", "send receipt"])
def test_a_misnamed_file(tmp_path: Path, stem: str) -> None:
    assert problems(tmp_path, {f"{stem}.py": GOOD}, "send-receipt") == [
        f"functions/handlers/{stem}.py: rename it to send_receipt.py, the file of handler 'send-receipt'"
    ]


@pytest.mark.parametrize("stem", ["2fa", "ends_dead", "日本"])
def test_a_file_that_no_handler_can_live_in(tmp_path: Path, stem: str) -> None:
    [said] = problems(tmp_path, {f"{stem}.py": GOOD})
    assert said.startswith(f"functions/handlers/{stem}.py: no handler can have this name")


def test_names_are_guessed_only_where_they_become_right() -> None:
    assert right_stem("HTTPCall2Send") == "httpcall2_send"
    assert right_stem("2fa") is None


@pytest.mark.parametrize(
    "source",
    [
        GOOD,
        "def handle(event, /): ...",
        "def handle(*events): ...",
        "def handle(event, context=None, *, dry=False): ...",
        "def handle(event=None): ...",
        "handle = print",
        "handle = make_handler()",
        "handle: object = print",
        "handle = lambda event: event",
        "first, handle = pair",
        "from handlers._common import *",
        "match kind:\n    case 1:\n        def handle(event): ...\n    case _:\n        handle = print",
        "try:\n    from a import handle\nexcept* ImportError:\n    pass",
        "from elsewhere import handle",
        "from elsewhere import run as handle",
        "if True:\n    from a import handle\nelse:\n    def handle(event): ...",
        "try:\n    from a import handle\nexcept ImportError:\n    handle = None\n    from b import handle",
        "with_db = 1\n@with_db\ndef handle(event, db): ...",
        "def handle(): ...\ndef handle(event): ...",
        "def handle(event):\n    def inner():\n        yield 1\n    return list(inner())",
        "\ufeffdef handle(event): ...",
        "# -*- coding: utf-8 -*-\ndef handle(event): return 'ä'",
        "print('\\d')\ndef handle(event): ...",
    ],
)
def test_sources_that_are_right(source: str) -> None:
    assert problem_with_handle(source.encode(), python="3.13") is None


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "it has no function `handle` at its top level; write def handle(event): ..."),
        ("def handler(event): ...", "no function `handle`"),
        ("class A:\n    def handle(self, event): ...", "no function `handle`"),
        ("handle: object", "no function `handle`"),
        ("\nasync def handle(event): ...", "line 2: `handle` is async"),
        ("@wrap\nasync def handle(event): ...", "`handle` is async"),
        ("def handle(event):\n    yield event", "line 1: `handle` has a yield in it"),
        ("def handle(): ...", "line 1: `handle` is called with one argument, the event, but takes none"),
        ("def handle(event, context): ...", "but needs event, context; write def handle(event): ..."),
        ("def handle(event, *, db): ...", "but needs event, db"),
        ("def handle(*, event): ...", "but needs event"),
        ("def handle(**event): ...", "but takes none"),
        ("handle = lambda: None", "but takes none"),
        ("handle = 3", "line 1: `handle` is no function"),
        ("handle = {}", "`handle` is no function"),
        ("def handle(event): ...\nhandle = None", "line 2: `handle` is no function"),
        ("def handle(event):\nreturn 1", "line 2: expected an indented block"),
        ("def handle(event): ...\0", "null bytes"),
    ],
)
def test_sources_that_are_wrong(source: str, said: str) -> None:
    assert said in (problem_with_handle(source.encode(), python="3.13") or "")


def test_bytes_that_are_no_text() -> None:
    assert "utf-8" in (problem_with_handle(b"def handle(event): '\xff'", python="3.13") or "")


def test_a_wrong_source_is_told_with_its_file(tmp_path: Path) -> None:
    [said] = problems(tmp_path, {"log.py": "def handle(event, context): ..."}, "log")
    assert said.startswith("functions/handlers/log.py: line 1: `handle` is called with one argument")
