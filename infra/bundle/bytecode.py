"""Compiled files for the layer.

Without them Python compiles every module at every cold start, because Lambda's file system is read-only. Importing then
takes two to four times as long.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .target import Target, this_machine
from .uv_tool import UvFailedError, run_uv

_ON_LAMBDA = "/opt/python"
"""Directory of a layer's packages on Lambda."""


def compiler_for(target: Target, *, project: Path) -> str | None:
    """Return the Python that compiles for a target; None if this machine has none of that version.

    Bytecode depends on Python's version, not on the machine. No Python is downloaded for it. For the local cloud it's
    None: Python can write to the functions' directories there, and keeps the bytecode itself.
    """
    if target.platform is None:
        return None
    if target.python == this_machine().python:
        return sys.executable
    try:
        return run_uv(["python", "find", "--no-python-downloads", target.python], project=project).strip() or None
    except UvFailedError:
        return None


def compile_packages(packages: Path, compiler: str) -> None:
    """Write compiled files beside the sources, with the same bytes every time and on every machine.

    Python doesn't compare them with the sources, because a layer doesn't keep the sources' times. A file that can't be
    compiled, such as a template named *.py, is left as it is.
    """
    subprocess.run(  # noqa: S603 - a fixed program and our own arguments
        [
            *(compiler, "-I", "-S", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(packages), "-p", _ON_LAMBDA, str(packages)),
        ],
        env={"PYTHONHASHSEED": "0"},
        check=False,
        capture_output=True,
    )
