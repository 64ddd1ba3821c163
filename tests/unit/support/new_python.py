"""A Python that can record calls, as that of the functions on Lambda can: 3.12 or newer, without any packages."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from uv import find_uv_bin

from infra.bundle.target import LAMBDA
from tests.unit.support.pages import PROJECT

OLDEST = (3, 12)
VERSIONS = (LAMBDA.python, "3.14", "3.12")
"""That of the functions first."""


@functools.cache
def new_python() -> str:
    """Return the path of such a Python: this one, uv's, pyenv's, one on PATH, or one that uv installs."""
    if sys.version_info[:2] >= OLDEST:
        return sys.executable
    found = _find() or _install()
    assert found, f"tests of recorded calls need Python {LAMBDA.python}; run: uv python install {LAMBDA.python}"
    return found


def _find() -> str | None:
    for candidate in _candidates():
        answer = subprocess.run(
            [candidate, "-c", f"import sys; print(sys.version_info[:2] >= {OLDEST})"],
            check=False,
            capture_output=True,
            text=True,
        )
        if answer.stdout.strip() == "True":
            return candidate
    return None


def _install() -> str | None:
    done = subprocess.run([find_uv_bin(), "python", "install", LAMBDA.python], check=False, capture_output=True)
    return _find() if done.returncode == 0 else None


def _candidates() -> Iterator[str]:
    for version in VERSIONS:
        found = subprocess.run(
            [find_uv_bin(), "python", "find", "--no-project", "--no-python-downloads", version],
            check=False,
            capture_output=True,
            text=True,
        )
        if found.returncode == 0:
            yield found.stdout.strip()
        pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
        yield from (str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python")))
        if on_path := shutil.which(f"python{version}"):
            yield on_path


def run_in_new_python(script: Path, given: Any) -> Any:
    """Run a script of this folder's, which reads JSON from stdin and prints JSON."""
    done = subprocess.run(
        [new_python(), "-W", "error", str(script)],
        check=False,
        input=json.dumps(given),
        env={"PYTHONPATH": str(PROJECT / "functions"), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
