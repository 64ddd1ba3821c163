"""MiniStack, the process of a local cloud: find it, start it and stop it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from ..stage.local_credentials import read_secret
from . import environment, processes
from .credentials import forget_secret, make_secret
from .errors import LocalCloudError
from .files import Files
from .health import answers
from .port_check import check_port_is_free

_LAUNCHER = Path(__file__).with_name("launch_ministack.py")

_START = 60.0
"""Seconds that MiniStack has to answer after its start."""

_POLL = 0.05
"""Seconds between two looks."""

_LOG_LINES = 15


def find(files: Files) -> psutil.Process | None:
    """Return this local cloud's MiniStack, or None if it is not running."""
    found = processes.running(lambda command: _is_server(command, files))
    return found[0] if found else None


def is_as_wanted(running: psutil.Process, files: Files) -> bool:
    """Return True if MiniStack has IAM on or off as SLUICE_LOCAL_IAM asks for now, and the secret that is on file."""
    try:
        started_with = running.environ()
    except psutil.Error:
        return False
    return started_with.get(environment.IAM_VARIABLE) == environment.iam_setting(os.environ) and started_with.get(
        "AWS_SECRET_ACCESS_KEY"
    ) == read_secret(files.port)


def start(files: Files) -> psutil.Process:
    """Start MiniStack and wait until it answers.

    Raises:
        LocalCloudError: the port is taken, or MiniStack did not start.
    """
    check_port_is_free(files.port)
    shutil.rmtree(files.temporary, ignore_errors=True)
    files.temporary.mkdir(parents=True)
    make_secret(files.port)
    with files.server_log.open("wb") as log:
        # -P: modules beside the launcher must not hide others of the same name.
        child = subprocess.Popen(  # noqa: S603 - this very program's Python
            [sys.executable, "-P", str(_LAUNCHER), str(files.temporary)],
            cwd=files.temporary,
            env=environment.for_server(os.environ, files.port, files.temporary),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise LocalCloudError(f"MiniStack exited at once; the end of its log:\n{_log_tail(files)}")
        if answers(files.port):
            return psutil.Process(child.pid)
        time.sleep(_POLL)
    child.kill()
    raise LocalCloudError(f"MiniStack did not answer within {_START:g} s; the end of its log:\n{_log_tail(files)}")


def stop(files: Files) -> bool:
    """Stop MiniStack and everything that runs in it, and what a killed one left running.

    Returns:
        Whether there was anything to stop.
    """
    ours = processes.running(lambda command: _is_server(command, files) or _runs_inside(command, files))
    processes.kill(ours)
    shutil.rmtree(files.temporary, ignore_errors=True)
    if ours:
        forget_secret(files.port)
    return bool(ours)


def _log_tail(files: Files) -> str:
    lines = files.server_log.read_text(errors="replace").splitlines()
    return "\n".join(lines[-_LOG_LINES:])


def _is_server(command: Sequence[str], files: Files) -> bool:
    return list(command[1:]) == ["-P", str(_LAUNCHER), str(files.temporary)]


def _runs_inside(command: Sequence[str], files: Files) -> bool:
    """Return True if a command runs a program in our temporary directory, as handlers and the CDK's processes do."""
    program = Path(command[0]).name.lower() if command else ""
    inside = f"{files.temporary}{os.sep}"
    return program.startswith(("python", "node")) and any(word.startswith(inside) for word in command[1:])
