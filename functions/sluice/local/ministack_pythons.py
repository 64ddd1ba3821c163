"""Functions that run on the Python that their runtime names, where this machine has it.

MiniStack starts every function with its own Python. Here each version gets a Python without packages but
AWS's own, as a function sees only these, its bundle and its layer.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import threading
from pathlib import Path

from ministack.core import lambda_runtime  # type: ignore[import-untyped]

from .ministack_custom_resources import add_packages_of_runtime

_RUNTIME = "python"

_lock = threading.Lock()
_detect = lambda_runtime._detect_runtime_binary  # noqa: SLF001 - the one place that chooses


def install(temporary: Path, listed: Path) -> None:
    """Put the choice of a Python into MiniStack. Call it before MiniStack is started.

    Args:
        temporary: the directory for Pythons without packages.
        listed: a file of JSON with the path of a Python for each version that this machine has. It is read whenever a
            process is started, as `sluice up` may have found another since.
    """

    def detect(runtime: str) -> tuple[str, str]:
        own, script = _detect(runtime)
        version = runtime.removeprefix(_RUNTIME)
        path = _read(listed).get(version) if version != runtime else None
        return (_bare(path, temporary) if path else own), script

    lambda_runtime._detect_runtime_binary = detect  # noqa: SLF001 - as above


def _read(listed: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(listed.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _bare(path: str, temporary: Path) -> str:
    """Return a Python without packages, made from another one the first time."""
    directory = temporary / f"python-{hashlib.sha256(path.encode()).hexdigest()[:8]}"
    program = directory / "bin" / "python"
    with _lock:
        if not program.exists():
            subprocess.run([path, "-m", "venv", "--without-pip", str(directory)], check=True)  # noqa: S603 - a Python
            add_packages_of_runtime(directory)
    return str(program)
