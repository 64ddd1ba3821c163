"""The process that runs one event on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..traces import Attempt, Trace
from .function import Function, Interpreter

DIED = "died"
"""The outcome of an attempt whose process ended before it could write down anything."""

_PROGRAM = "sluice.trying.child"

_NOT_ITS_OWN = ("AWS_LAMBDA_FUNCTION_NAME", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP")
"""Variables of a caller that the process does not get. With the first, it would take itself for Lambda."""

_LAST_LINES = 100
"""Lines that are kept of what a process that died wrote by itself."""


@dataclass(frozen=True, kw_only=True)
class TryRun:
    """A run of one event on this machine.

    Attributes:
        trace: what came of it, as a trace has it.
        emitted: events that it emitted, none of which was sent: `id`, `handler`, `event` (JSON text), `delay` in
            seconds, `at`.
        refused: calls that were refused: `service` and `operation`.
        python: the version of Python that ran it.
    """

    trace: Trace
    emitted: list[dict[str, Any]]
    refused: list[dict[str, str]]
    python: str


def run_event(
    handler: str,
    event_id: str,
    body: str,
    *,
    function: Function,
    interpreter: Interpreter,
    functions: Path,
    aws: Mapping[str, str],
    hops: int = 0,
    allow_writes: bool = False,
    pdb: bool = False,
) -> TryRun:
    """Run an event in a process of its own, on the working copy's code.

    Args:
        handler: the handler.
        event_id: the event's id.
        body: the event's text.
        function: the handler's function.
        interpreter: the Python that runs it.
        functions: the directory with the team's and Sluice's code.
        aws: environment variables by which the process finds AWS and its credentials.
        hops: emits in a row by handlers that led to the event.
        allow_writes: True to let calls through that may change something on AWS.
        pdb: True to enter Python's debugger where the handler raises.
    """
    with tempfile.TemporaryDirectory(prefix="sluice-try-") as name:
        request, answer, log, words = (Path(name, file) for file in ("request", "answer", "log", "words"))
        request.write_text(
            json.dumps(
                {
                    "id": event_id,
                    "body": body,
                    "hops": hops,
                    "variables": dict(function.environment),
                    "log": str(log),
                    "allow_writes": allow_writes,
                    "pdb": pdb,
                }
            ),
            encoding="utf-8",
        )
        with words.open("wb") as own_words:
            done = subprocess.run(  # noqa: S603 - a Python of this machine's, and our own program
                [interpreter.path, "-s", "-P", "-m", _PROGRAM, str(request), str(answer)],
                cwd=functions,
                env=_environment(function, interpreter, functions, aws),
                stdin=None if pdb else subprocess.DEVNULL,
                stdout=None if pdb else own_words,
                stderr=own_words,
                check=False,
            )
        if answer.is_file():
            return _ended(handler, event_id, json.loads(answer.read_text(encoding="utf-8")))
        printed = log.read_text(encoding="utf-8") if log.is_file() else ""
        return _died(handler, event_id, body, done.returncode, printed + _end_of(words))


def _environment(
    function: Function, interpreter: Interpreter, functions: Path, aws: Mapping[str, str]
) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if name not in _NOT_ITS_OWN}
    path = os.pathsep.join(map(str, (functions, *interpreter.packages)))
    return {**mine, **function.environment, **aws, "PYTHONPATH": path, "PYTHONUTF8": "1", "TZ": "UTC"}


def _end_of(words: Path) -> str:
    return "".join(words.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)[-_LAST_LINES:])


def _ended(handler: str, event_id: str, found: dict[str, Any]) -> TryRun:
    emitted, refused, python = (found.pop(name) for name in ("emitted", "refused", "python"))
    found["locals"], found["redacted"] = tuple(found["locals"]), tuple(found["redacted"])
    trace = Trace(
        id=event_id,
        handler=handler,
        history=(Attempt(outcome=found["status"], started_ms=found["started_ms"]),),
        emitted=tuple({"id": one["id"], "handler": one["handler"]} for one in emitted),
        emitted_count=len(emitted),
        **found,
    )
    return TryRun(trace=trace, emitted=emitted, refused=refused, python=python)


def _died(handler: str, event_id: str, body: str, code: int, logs: str) -> TryRun:
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    trace = Trace(
        id=event_id,
        handler=handler,
        status="interrupted",
        event=body,
        history=(Attempt(outcome=DIED, reason=f"its process {how}"),),
        error={"type": "ProcessDied", "message": f"its process {how}", "traceback": ""},
        logs=logs,
    )
    return TryRun(trace=trace, emitted=[], refused=[], python="{}.{}".format(*sys.version_info[:2]))
