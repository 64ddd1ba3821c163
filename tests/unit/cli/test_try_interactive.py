"""`sluice try --watch` and `--pdb`, as a person uses them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.unit.support.working_copy import HANDLER, write_handler

PORT = "1"
"""A port at which no local cloud can run, as only root may listen there: the event is given, so none is needed."""


@contextmanager
def sluice(root: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Start `sluice`, and end it after the block."""
    started = subprocess.Popen(
        [sys.executable, "-m", "sluice.cli", *words],
        cwd=root,
        env={**os.environ, "SLUICE_PORT": PORT},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell makes what it starts in the background ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - one system call
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def read_until(stream: IO[str] | None, text: str) -> str:
    """Return what a stream brings up to and including a line with a text."""
    assert stream is not None
    found = ""
    for line in stream:
        found += line
        if text in line:
            return found
    raise AssertionError(found)


def test_each_save_runs_the_event_again(tmp_path: Path) -> None:
    write_handler(tmp_path, "def handle(event):\n    return 'before'\n")
    with sluice(tmp_path, "try", HANDLER, "1", "--watch") as watching:
        read_until(watching.stderr, "waiting for the next save")
        assert '"before"' in read_until(watching.stdout, '"before"')

        write_handler(tmp_path, "def handle(event):\n    raise ValueError('after')\n")
        assert "ValueError: after" in read_until(watching.stdout, "ValueError: after")
        read_until(watching.stderr, "waiting for the next save")

        watching.send_signal(signal.SIGINT)
        watching.communicate()
        assert watching.returncode == 1


def test_the_debugger_is_entered_where_the_handler_raises_and_at_breakpoints(tmp_path: Path) -> None:
    source = """
        def handle(event):
            print("before", end="")
            breakpoint()
            total = event + 1
            raise ValueError("no")
    """
    write_handler(tmp_path, source)
    with sluice(tmp_path, "try", HANDLER, "41", "--pdb") as debugged:
        out, _ = debugged.communicate("p 'at the breakpoint', event\ncontinue\np 'at the end', total\nquit\n")
    assert "('at the breakpoint', 41)" in out
    assert "('at the end', 42)" in out
    assert debugged.returncode == 1
    assert "ValueError: no" in out
