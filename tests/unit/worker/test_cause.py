"""The place where a run stopped: the innermost frame of the team's own code."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
from sluice.worker.cause import Place, place_of
from sluice.worker.run_handler import run_handler

PROJECT = Path(__file__).parents[3] / "functions"


def place(source: str, file: str | Path) -> Place | None:
    """Return where a run of this code, in this file, stops."""
    scope: dict[str, Any] = {}
    exec(compile(textwrap.dedent(source), str(file), "exec"), scope)
    return run_handler(lambda: scope["handle"], None, 5).place


def test_the_innermost_own_frame_is_named_and_not_the_librarys_below_it() -> None:
    source = """
        import json
        def load(text):
            return json.loads(text)
        def handle(event):
            load("{")
    """
    found = place(source, PROJECT / "handlers" / "shop.py")
    assert found is not None
    assert found.where == "handlers/shop.py:4 load"


@pytest.mark.parametrize("packages", ["/opt/python/shop.py", "/home/x/.venv/lib/python3.13/site-packages/shop/a.py"])
def test_packages_are_not_the_teams_own_code(packages: str) -> None:
    assert place("def handle(event): raise KeyError(1)", packages) is None


def test_code_beside_the_library_comes_before_code_elsewhere() -> None:
    elsewhere: dict[str, Any] = {}
    exec(compile("def fail(): raise KeyError(1)", "/somewhere/else.py", "exec"), elsewhere)

    def stops(file: Path) -> str | None:
        scope = {"fail": elsewhere["fail"]}
        exec(compile("def handle(event): fail()", str(file), "exec"), scope)
        found = run_handler(lambda: scope["handle"], None, 5).place
        return found.where if found else None

    assert stops(PROJECT / "handlers" / "shop.py") == "handlers/shop.py:1 handle"
    assert stops(Path("/another/shop.py")) == "/somewhere/else.py:1 fail"


def test_the_key_stays_when_lines_above_the_function_change() -> None:
    source = "def handle(event):\n    x = 1\n    raise KeyError(x)"
    file = PROJECT / "handlers" / "shop.py"
    before, after, moved = place(source, file), place("\n\n" + source, file), place(source.replace("x = 1", ""), file)
    assert before
    assert after
    assert moved
    assert (before.key, before.where) != (after.key, after.where)
    assert before.key == after.key == moved.key
    other = place(source.replace("raise", "\n    raise"), file)
    assert other
    assert other.key != before.key


def test_an_exception_without_frames_has_no_place() -> None:
    assert place_of(KeyError(1)) is None


def test_an_exceptions_own_class_is_not_asked_for_its_frames() -> None:
    class SlyError(Exception):
        @property
        def __traceback__(self) -> Any:  # type: ignore[override]
            raise SystemExit

    def handle(_: object) -> None:
        json.loads("1")
        raise SlyError

    outcome = run_handler(lambda: handle, None, 5)
    assert outcome.status == "error"
    assert outcome.place
    assert outcome.place.where.endswith("handle")
