"""Runs handlers with a recorder, and prints what was recorded. It runs in a Python without any packages.

It reads a list of runs from stdin: `entry` and `modules` are sources, `events` what `handle` is called with, one run
each, and `setup` is code that runs before. It prints a list of lists: for each event `calls`, `locals`, `result` and
`raised`. Without `recorded` the handlers run alone.
"""

from __future__ import annotations

import importlib
import json
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sluice.recording.recorder import make_recorder
from sluice.recording.render import NoSecrets

monitoring: Any = sys.monitoring  # type: ignore[attr-defined]


class DeadlinePassed(BaseException):
    """As the worker's: no `except Exception` stops it."""


def on_alarm(_signal: int, _frame: object) -> None:
    raise DeadlinePassed


def record(number: int, run: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    package = folder / f"team{number}"
    package.mkdir()
    for name, source in {"entry": run["entry"], **run.get("modules", {})}.items():
        (package / f"{name}.py").write_text(source.replace("team.", f"team{number}."))
    exec(run.get("setup", ""), {})
    recorder = make_recorder(f"{package.name}.entry", package=package.name, values=run.get("values", True))
    found = []
    for event in run["events"]:
        recording = recorder.start() if run.get("recorded", True) else None
        outcome: dict[str, Any] = {"result": None, "raised": None}
        try:
            handle = importlib.import_module(f"{package.name}.entry").handle
            if "deadline" in run:
                signal.signal(signal.SIGALRM, on_alarm)
                signal.setitimer(signal.ITIMER_REAL, run["deadline"])
            begun = time.perf_counter()
            outcome["result"] = handle(event)
            outcome["seconds"] = time.perf_counter() - begun
        except BaseException as error:  # noqa: BLE001 - as the worker does
            outcome["raised"] = type(error).__name__
            if recording:
                recording.failed(error)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if recording:
            recording.stop()
            outcome["calls"] = recording.calls(NoSecrets())
            outcome["locals"] = recording.locals(NoSecrets())
        found.append(outcome)
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "OwnCode"]
    for tool in range(6):
        if monitoring.get_tool(tool):
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)
    return found


with tempfile.TemporaryDirectory() as path:
    sys.path.insert(0, path)
    sys.stdout.write(json.dumps([record(number, run, Path(path)) for number, run in enumerate(json.load(sys.stdin))]))
