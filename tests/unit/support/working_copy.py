"""A working copy with handlers of a test's own, and `sluice try` in it."""

from __future__ import annotations

import sysconfig
import textwrap
from pathlib import Path
from typing import Any

from sluice.event.ids import new_id
from sluice.trying.function import Function, Interpreter
from sluice.trying.process import TryRun, run_event
from sluice.worker.settings import Settings

from tests.unit.support.new_python import new_python
from tests.unit.support.pages import PROJECT

HANDLER = "send-receipt"


def write_handler(root: Path, source: str, handler: str = HANDLER) -> Path:
    """Write a handler's file into a working copy, and return its directory `functions`."""
    folder = root / "functions" / "handlers"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{handler.replace('-', '_')}.py").write_text(textwrap.dedent(source).lstrip(), encoding="utf-8")
    for name in ("app.py", "cdk.json"):
        (root / name).touch()
    return folder.parent


def packages() -> tuple[Path, ...]:
    """Return the directories with Sluice and the packages that it imports. None of these has compiled code."""
    return PROJECT / "functions", Path(sysconfig.get_paths()["purelib"])


def new_interpreter() -> Interpreter:
    """Return a Python that records calls."""
    return Interpreter(new_python(), packages())


def a_function(**fields: Any) -> Function:
    """Return the function of the handler, with other settings than the defaults."""
    settings: dict[str, Any] = {"stage": "test", "handler": HANDLER, "timeout": 30.0, "trace_days": 1} | fields
    environment = settings.pop("environment", {})
    return Function({**Settings(**settings).to_environment(), **environment}, None)


def try_here(root: Path, source: str, body: str = "null", **options: Any) -> TryRun:
    """Run an event on a handler's source, as `sluice try` does."""
    functions = write_handler(root, source)
    fields: dict[str, Any] = {
        "function": a_function(),
        "interpreter": Interpreter(new_python(), packages()),
        "aws": {},
    } | options
    return run_event(HANDLER, new_id(), body, functions=functions, **fields)
