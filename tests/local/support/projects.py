"""Projects in which the tests run `sluice`, as a user would."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sluice.stage.local_credentials import KEY_ID, credentials_file, read_secret
from sluice.stage.names import module_of

from tests.local.support.commands import Ran, run_command

CHECKOUT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent


def free_port() -> int:
    """Return a port at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _hostile_environment() -> dict[str, str]:
    """Return AWS settings of a user's own, which would break the local cloud if anything read them."""
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
    """Make this process end on SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def is_free(port: int) -> bool:
    """Return True if nothing listens at a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@dataclass(frozen=True)
class Project:
    """A project's directory, and how its commands are run.

    Attributes:
        root: the directory.
        port: the local cloud's port.
        more: more environment variables for the commands.
    """

    root: Path
    port: int = field(default_factory=free_port)
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> Path:
        """The local cloud's directory."""
        return self.root / ".sluice" / str(self.port)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SLUICE_"))}
        return mine | _hostile_environment() | {"SLUICE_PORT": str(self.port)} | dict(self.more)

    @property
    def credentials(self) -> tuple[str, str]:
        """The access key id and the secret of the local cloud, which has to be up."""
        secret = read_secret(self.port)
        assert secret is not None
        return KEY_ID, secret

    def command(self, *arguments: str) -> list[str]:
        """Return the words that start the program `sluice`."""
        return [sys.executable, "-m", "sluice.cli", *arguments]

    def run(self, *arguments: str, stdin: str | bytes = "", limit: float = 300) -> Ran:
        """Run a command and wait for its end.

        Args:
            arguments: the words after `sluice`.
            stdin: what it reads from stdin.
            limit: seconds after which the test fails.
        """
        ran = run_command(
            arguments,
            directory=self.root,
            environment=self.environment,
            stdin=stdin.encode() if isinstance(stdin, str) else stdin,
            limit=limit,
        )
        assert "Traceback" not in ran.err, ran.err
        return ran

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the program `sluice`."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A shell makes the tests that it starts in the background, and all that they start, ignore interrupts.
            preexec_fn=_heed_interrupts,  # noqa: PLW1509 - one system call, which takes no lock
        )

    def aws(self, *arguments: str) -> Any:
        """Run the AWS CLI, as a program that does not know Sluice would."""
        done = subprocess.run(
            [sys.executable, "-m", "awscli", "--endpoint-url", f"http://127.0.0.1:{self.port}", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.root),
                "AWS_DEFAULT_OUTPUT": "json",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_SHARED_CREDENTIALS_FILE": str(credentials_file(self.port)),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        # Some calls have no answer.
        return json.loads(done.stdout or "null")


def make_project(root: Path, app: str = "full_app.py") -> Project:
    """Make a project: a copy of this one, with another app.py and the handlers that it names.

    Args:
        root: its directory.
        app: the file here to take for its app.py.
    """
    root.mkdir(exist_ok=True)
    for name in ("cdk.json", "pyproject.toml", "uv.lock", "infra", "functions"):
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, root / name)
    shutil.copy(HERE / app, root / "app.py")
    handlers = root / "functions" / "handlers"
    for handler in (HERE / "handlers").glob("*.py"):
        shutil.copy(handler, handlers)
    wanted = {module_of(name) for name in handlers_in(root)}
    for handler in handlers.glob("[!_]*.py"):
        if handler.stem not in wanted:
            handler.unlink()
    # Equal packages make equal layers: share them, so that they are not built again.
    layers = CHECKOUT / ".sluice" / "layers"
    layers.mkdir(parents=True, exist_ok=True)
    (root / ".sluice").mkdir()
    (root / ".sluice" / "layers").symlink_to(layers)
    return Project(root)


def handlers_in(root: Path) -> list[str]:
    """Return the names of the handlers in a project's app.py, sorted."""
    return sorted(re.findall(r'(?:Worker|Cron)\("([a-z-]+)"', (root / "app.py").read_text()))
