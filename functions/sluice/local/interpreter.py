"""A Python of a given version on this machine, such as that of the deployed functions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

VERSIONS = ("3.12", "3.13", "3.14")
"""Versions that functions may have: those of Lambda that record calls."""

PYTHON_METADATA = "sluice:python"
"""The key in the local cloud's template that says which Python functions run on, if it is not the one that they have on
AWS: `wanted` and `used`."""

_PATIENCE = 30
"""Seconds after which a program that is asked for its version counts as no Python."""

_ASK = "import sys; print('%s %d.%d' % (sys.implementation.name, *sys.version_info[:2]))"


@cache
def find_interpreter(version: str) -> str | None:
    """Return the path of a CPython of this version; None if this machine has none. Nothing is downloaded.

    It looks at the Python that runs this, at those of uv and pyenv, and at the PATH. A shim of pyenv's on the PATH that
    has no version to run is passed over.

    Args:
        version: such as `3.13`.
    """
    return next((str(path) for path in _candidates(version) if _is_version(path, version)), None)


def interpreters() -> dict[str, str]:
    """Return the path of each Python of `VERSIONS` that this machine has."""
    found = {version: find_interpreter(version) for version in VERSIONS}
    return {version: path for version, path in found.items() if path is not None}


def _candidates(version: str) -> Iterator[Path]:
    yield Path(sys.executable)
    program = f"python{version}"
    home = Path.home()
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    of_uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    of_pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    for directory, pattern in ((of_uv, f"cpython-{version}[.-]*"), (of_pyenv, f"{version}[.-]*")):
        yield from sorted(directory.glob(f"{pattern}/bin/{program}"))
    yield from (Path(directory, program) for directory in os.get_exec_path() if directory)


def _is_version(path: Path, version: str) -> bool:
    try:
        asked = subprocess.run(  # noqa: S603 - a Python of this machine's, and our own arguments
            [path, "-I", "-S", "-c", _ASK], capture_output=True, text=True, check=False, timeout=_PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.stdout.strip() == f"cpython {version}"
