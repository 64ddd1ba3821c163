"""`sluice demo`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sluice.local.interpreter import find_interpreter

from infra.bundle.target import DEFAULT_PYTHON
from tests.local.support.projects import Project


def test_the_demo_succeeds(project: Project) -> None:
    ran = project.run("demo")

    assert ran.code == 0, ran.err
    assert "order-placed" in ran.out
    assert "Ada Lovelace" in ran.out
    errors = project.run("traces", "send-receipt", "--status", "error", "--json").json
    assert [trace["error"]["message"] for trace in errors] == ["order A-1006 has no email address"]


def test_the_demo_prints_json(project: Project) -> None:
    ran = project.run("demo", "--json")

    assert ran.code == 0, ran.err
    assert ran.json["ok"] is True
    assert ran.json["differences"] == []
    kinds = {row["handler"]: row["kind"] for row in ran.json["status"]}
    assert kinds["nightly-report"] == "cron"
    assert kinds["order-placed"] == "worker"


def test_a_traces_calls_are_shown_and_an_edit_is_tried_on_its_event(project: Project) -> None:
    assert project.run("demo").code == 0
    has_python = find_interpreter(DEFAULT_PYTHON) is not None

    (ordered, *_) = project.run("traces", "order-placed", "--json", "--where", "event.id == 'A-1001'").json
    tree = lines_of("calls", project.run("trace", ordered["id"]).out)
    if has_python:
        assert tree == [
            "handle",
            'total_of(items=[{sku: "TEA-EARL", name: "Earl Grey, …',
            "· INFO handlers.order_placed: order A-1001: 1 items, 17.80 EUR",
            "· emit send-receipt",
            "· emit audit-log",
        ]
        assert project.run("try", ordered["id"], "--json").json["comparison"]["same_outcome"] is True

    (failed, *_) = project.run("traces", "send-receipt", "--status", "error", "--json").json
    again = project.run("try", failed["id"])
    assert again.code == 0, again.err
    assert "  outcome  as then: error: ValueError: order A-1006 has no email address\n" in again.out
    with edited(project.root / "functions" / "handlers" / "send_receipt.py", "raise ValueError(", "return str("):
        tried = project.run("try", failed["id"])
    assert tried.code == 0, tried.err
    then_and_now = tried.out.partition("then and now\n")[2].splitlines()
    assert then_and_now[:7] == [
        "  outcome",
        "    - error: ValueError: order A-1006 has no email address",
        "    + ok",
        "  result",
        "    - null",
        '    + "order A-1006 has no email address"',
        "  emitted  as then",
    ]
    assert then_and_now[7:] == [
        *(
            [
                "  calls    the first that differs, by its outcome:",
                '    - handle raised ValueError("order A-1006 has no email address") at line 15',
                "    + handle",
            ]
            if has_python
            else [f"  calls    not compared: {failed['no_calls']}"]
        )
    ]


def lines_of(section: str, page: str) -> list[str]:
    """A section's lines, without durations."""
    text = re.split(r"^\S", page.partition(f"\n{section}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return [re.sub(r" +[\d.]+ [mµ]?s.*", "", line).strip() for line in text.splitlines()]


@contextmanager
def edited(file: Path, before: str, after: str) -> Iterator[None]:
    """Edit a file for the time of a block."""
    source = file.read_text(encoding="utf-8")
    assert before in source
    file.write_text(source.replace(before, after), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(source, encoding="utf-8")
