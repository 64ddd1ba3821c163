"""Commands, run by a command server: a server for each thread."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SERVER = Path(__file__).with_name("command_server.py")

_own = threading.local()
_all: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Ran:
    """A command's exit code and output."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The output, parsed as JSON."""
        assert self.out, self.err
        return json.loads(self.out)


def run_command(
    arguments: Sequence[str], *, directory: Path, environment: Mapping[str, str], stdin: bytes, limit: float
) -> Ran:
    """Run a command and wait for its end.

    Args:
        arguments: the words after `sluice`.
        directory: the directory to run it in.
        environment: all of its environment.
        stdin: what it reads from stdin.
        limit: seconds after which it is killed and the test fails.
    """
    with tempfile.TemporaryDirectory() as name:
        files = {stream: Path(name, stream) for stream in ("stdin", "stdout", "stderr")}
        for stream, path in files.items():
            path.write_bytes(stdin if stream == "stdin" else b"")
        request = {
            "arguments": arguments,
            "directory": str(directory),
            "environment": dict(environment),
            **{stream: str(path) for stream, path in files.items()},
        }
        code = _ask(request, limit)
        return Ran(code, files["stdout"].read_bytes().decode(), files["stderr"].read_bytes().decode())


def stop_servers() -> None:
    """Stop all command servers."""
    while _all:
        server = _all.pop()
        server.communicate()
    _own.__dict__.clear()


def _ask(request: object, limit: float) -> int:
    server: subprocess.Popen[bytes] | None = getattr(_own, "server", None)
    if server is None or server.poll() is not None:
        server = _own.server = _start()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(request).encode() + b"\n")
    server.stdin.flush()
    ready, _, _ = select.select([server.stdout], [], [], limit)
    if not ready:
        os.killpg(server.pid, signal.SIGKILL)
        raise subprocess.TimeoutExpired(str(request), limit)
    return int(server.stdout.readline())


def _start() -> subprocess.Popen[bytes]:
    server = subprocess.Popen(
        [sys.executable, str(_SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    _all.append(server)
    return server
