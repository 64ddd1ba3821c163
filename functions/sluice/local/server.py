"""The MiniStack process of a local cloud: found, started and stopped."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from . import environment, processes
from .errors import LocalCloudError
from .health import answers
from .project import MAX_PORT, Files

_LAUNCHER = Path(__file__).with_name("launch_ministack.py")

_START = 60.0
"""Seconds that MiniStack gets to answer."""

_ANSWER = 10.0
"""Seconds for whoever has the port to take a connection."""

_POLL = 0.05
_LOG_LINES = 15


def find(files: Files) -> psutil.Process | None:
    """This local cloud's MiniStack, if it runs."""
    found = processes.running(lambda command: _is_server(command, files))
    return found[0] if found else None


def is_as_asked(running: psutil.Process) -> bool:
    """Whether it heeds rights, or does not, as it is asked to now."""
    try:
        there = running.environ().get(environment.RIGHTS)
    except psutil.Error:
        return False
    return there == environment.rights(os.environ)


def start(files: Files) -> psutil.Process:
    """Start MiniStack and wait until it answers.

    Raises:
        LocalCloudError: the port is taken, or MiniStack did not start.
    """
    _check_port_is_free(files.port)
    shutil.rmtree(files.temporary, ignore_errors=True)
    files.temporary.mkdir(parents=True)
    with files.server_log.open("wb") as log:
        # -P: none of this directory's modules take the place of others' of the same name.
        child = subprocess.Popen(  # noqa: S603 - this very program's Python
            [sys.executable, "-P", str(_LAUNCHER), str(files.temporary)],
            cwd=files.temporary,
            env=environment.for_server(os.environ, files.port, files.temporary),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise LocalCloudError(f"MiniStack ended at once; its last words:\n{log_tail(files)}")
        if answers(files.port):
            return psutil.Process(child.pid)
        time.sleep(_POLL)
    child.kill()
    raise LocalCloudError(f"MiniStack did not answer within {_START:g} s; its last words:\n{log_tail(files)}")


def stop(files: Files) -> bool:
    """Stop MiniStack and everything that runs in it, and whatever a killed predecessor left running.

    Returns:
        Whether there was anything to stop.
    """
    ours = processes.running(lambda command: _is_server(command, files) or _runs_inside(command, files))
    processes.kill(ours)
    shutil.rmtree(files.temporary, ignore_errors=True)
    return bool(ours)


def log_tail(files: Files) -> str:
    """The last lines that MiniStack printed."""
    lines = files.server_log.read_text(errors="replace").splitlines()
    return "\n".join(lines[-_LOG_LINES:])


def _check_port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.settimeout(_ANSWER)
        # A connection first: systems differ in whether a port is free beside a server on all addresses.
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    if not taken:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except PermissionError as error:
                raise LocalCloudError(
                    f"port {port} is not yours to use; choose another with SLUICE_PORT",
                    then="SLUICE_PORT=4567 sluice up",
                ) from error
            except OSError:
                taken = True
    if taken:
        other = port + 1 if port < MAX_PORT else port - 1
        raise LocalCloudError(
            f"port {port} is taken by {_owner(port)}; stop that, or choose another port with SLUICE_PORT",
            then=f"SLUICE_PORT={other} sluice up",
        )


def _owner(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr[1] == port and connection.status == psutil.CONN_LISTEN:
                if connection.pid is None:
                    break
                command = " ".join(psutil.Process(connection.pid).cmdline())
                return f"process {connection.pid} ({command[:100]})"
    except psutil.Error:
        pass
    return "another program"


def _is_server(command: Sequence[str], files: Files) -> bool:
    return list(command[1:]) == ["-P", str(_LAUNCHER), str(files.temporary)]


def _runs_inside(command: Sequence[str], files: Files) -> bool:
    """Whether it runs a program out of our temporary directory, as handlers do, and the CDK's own processes."""
    program = Path(command[0]).name.lower() if command else ""
    inside = f"{files.temporary}{os.sep}"
    return program.startswith(("python", "node")) and any(word.startswith(inside) for word in command[1:])
