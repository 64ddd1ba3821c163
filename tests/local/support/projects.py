"""Projects to run `sluice` in, as a user would."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)


def _hostile_environment() -> dict[str, str]:
    """A user's own AWS settings, which would break the local cloud if anything took notice of them."""
    return {
        "AWS_ACCESS_KEY_ID": "AKIAUSERSOWN",
        "AWS_CONFIG_FILE": "/nowhere/config",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_LAMBDA_FUNCTION_NAME": "somebody-elses",
        "AWS_PROFILE": "does-not-exist",
        "AWS_REGION": "eu-central-1",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "LAMBDA_EXECUTOR": "docker",
        "PYTHONPATH": "/nowhere",
    }


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(frozen=True)
class Project:
    """A project directory with the port of its local cloud, and what else is in the commands' environment."""

    root: Path
    port: int = field(default_factory=free_port)
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> Path:
        return self.root / ".sluice" / str(self.port)

    @property
    def environment(self) -> dict[str, str]:
        mine = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SLUICE_"))}
        return mine | _hostile_environment() | {"SLUICE_PORT": str(self.port)} | dict(self.more)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "sluice.cli", *arguments]

    def run(self, *arguments: str, stdin: str | bytes = "", limit: float = 300) -> Ran:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env=self.environment,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=limit,
            check=False,
        )
        ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in ran.err, ran.err
        return ran

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A shell that starts the tests in the background has them ignore interrupts, and all that they start.
            preexec_fn=_heed_interrupts,  # noqa: PLW1509 - one system call, which takes no lock
        )

    def aws(self, *arguments: str) -> Any:
        """Run the AWS CLI, as a program that has never heard of this one would."""
        done = subprocess.run(
            [sys.executable, "-m", "awscli", "--endpoint-url", f"http://127.0.0.1:{self.port}", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.root),
                "AWS_DEFAULT_OUTPUT": "json",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        # Some calls have no answer.
        return json.loads(done.stdout or "null")


def make_project(root: Path) -> Project:
    """A copy of this project with the tests' handlers beside the example ones."""
    root.mkdir(exist_ok=True)
    for name in ("cdk.json", "pyproject.toml", "uv.lock", "infra", "functions"):
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    shutil.copy(HERE / "project_app.py", root / "app.py")
    for handler in (HERE / "handlers").glob("*.py"):
        shutil.copy(handler, root / "functions" / "handlers")
    # The layer is the same one, so that it need not be built again.
    layers = CHECKOUT / ".sluice" / "layers"
    layers.mkdir(parents=True, exist_ok=True)
    (root / ".sluice").mkdir()
    (root / ".sluice" / "layers").symlink_to(layers)
    return Project(root)
