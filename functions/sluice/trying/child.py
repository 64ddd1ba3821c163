"""Run one event as the worker does, in a process of its own, and write down what came of it.

This is a program, not a module to import. It runs on the Python that the function has, which need not be the one that
runs `sluice`. Its two arguments are files of JSON: what to run, and what came of it (`TryRun` in process.py).
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..emitting.current_run import Run, under_way
from ..event.body import decode
from ..recording.recorder import make_recorder
from ..recording.redaction import Redaction
from ..stage.names import module_of
from ..traces import Trace
from ..worker.alarm import share_alarm
from ..worker.children import prepare_for_forks
from ..worker.output import Capture
from ..worker.redact_trace import redact_trace
from ..worker.run_handler import Handler, load_handler, run_handler
from ..worker.settings import Settings
from ..worker.telemetry import Telemetry
from ..worker.threads import hand_on_context
from .aws_calls import refuse_writes
from .debugger import debugged, enter_at_breakpoints

if TYPE_CHECKING:
    from ..emitting.current_run import Send
    from ..emitting.delay import Delay
    from ..queue.send import Message
    from ..recording.redaction import Secrets

_NO_DEADLINE = 10_000_000.0
"""Seconds that a run has in a debugger."""


def main(request: Path, answer: Path) -> None:
    """Run what a request asks for.

    Args:
        request: the file with it.
        answer: the file that what came of it is written to.
    """
    asked = json.loads(request.read_text(encoding="utf-8"))
    found = try_event(asked)
    answer.write_text(json.dumps(found), encoding="utf-8")


def try_event(asked: dict[str, Any]) -> dict[str, Any]:
    """Run one event, and return what came of it.

    Args:
        asked: `id`, `body` and `hops` of the event; `variables` of the function, which are in this process's
            environment, too; `log`, the file that the run's output is copied to; `allow_writes` and `pdb`.
    """
    settings = Settings.from_environment(asked["variables"])
    share_alarm()
    prepare_for_forks()
    refused: list[dict[str, str]] = []
    if not asked["allow_writes"]:
        refuse_writes(lambda service, operation: refused.append({"service": service, "operation": operation}))
    capture = Capture(Redaction.of(settings.redact, asked["variables"]))
    log = Path(asked["log"]).open("w", buffering=1, encoding="utf-8", errors="replace")  # noqa: SIM115 - until its end
    shown: Any = _Both(log, sys.stdout) if asked["pdb"] else log
    terminal = sys.stdout
    sys.stdout = sys.stderr = capture.tee(shown)
    Telemetry(settings, capture, log)
    hand_on_context()
    # Of values it keeps all, whatever app.py says: nothing of them is stored.
    recorder = make_recorder(f"handlers.{module_of(settings.handler)}")

    def load() -> Handler:
        handle = load_handler(settings.handler)
        return debugged(handle, terminal) if asked["pdb"] else handle

    event = decode(asked["body"])
    secrets = capture.new_secrets()
    shown_event = secrets.json_text(asked["body"], event)
    emitted: list[dict[str, Any]] = []
    run = Run(asked["id"], settings.handler, asked["hops"], settings.max_hops, send=_caught(emitted, secrets))
    if asked["pdb"]:
        enter_at_breakpoints(terminal)
    output, recording = capture.start(), recorder.start()
    run.on_emit, output.on_write = recording.note_emit, recording.note_log
    begun = time.time()
    try:
        with under_way(run):
            outcome = run_handler(load, event, _NO_DEADLINE if asked["pdb"] else settings.timeout, recording, secrets)
    finally:
        capture.stop()
        recording.stop()
    trace = Trace(
        id=asked["id"],
        handler=settings.handler,
        status=outcome.status,
        event=shown_event,
        result=outcome.result,
        error=outcome.error,
        logs=output.text(),
        started_ms=int(begun * 1000),
        finished_ms=int(time.time() * 1000),
        redacted=() if shown_event == asked["body"] else ("event",),
    )
    trace = redact_trace(trace, secrets, recording, logs_redacted=output.redacted)
    trace = dataclasses.replace(trace, calls=recording.calls(secrets), locals=recording.locals(secrets))
    kept = ("status", "event", "result", "error", "logs", "started_ms", "finished_ms", "redacted", "calls", "locals")
    return {name: getattr(trace, name) for name in kept} | {
        "emitted": emitted,
        "refused": refused,
        "python": "{}.{}".format(*sys.version_info[:2]),
    }


def _caught(emitted: list[dict[str, Any]], secrets: Secrets) -> Send:
    """Return what takes the place of sending: it notes each event, without secrets."""

    def catch(_stage: str, handler: str, messages: Sequence[Message], delay: Delay, _alone: bool) -> None:
        for message in messages:
            emitted.append(  # noqa: PERF401 - one that fails leaves those before it
                {
                    "id": message.envelope.id,
                    "handler": handler,
                    "event": secrets.json_text(message.body, decode(message.body)),
                    "delay": delay.seconds,
                    "at": delay.until.isoformat() if delay.until else None,
                }
            )

    return catch


class _Both:
    """A stream that writes to two."""

    def __init__(self, first: TextIO, second: TextIO) -> None:
        self._first = first
        self._second = second

    def write(self, text: str) -> int:
        """Write to both."""
        self._first.write(text)
        return self._second.write(text)

    def flush(self) -> None:
        """Flush both."""
        self._first.flush()
        self._second.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._second, name)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
    # Threads that the handler left behind end with it, as they do on Lambda.
    sys.stdout.flush()
    os._exit(0)
