"""Compiled files for what is deployed.

Without them Python compiles every module at every cold start, because Lambda's file system is read-only. Importing then
takes two to four times as long.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from sluice.local.interpreter import find_interpreter

from .target import Target

LAYER_ON_LAMBDA = "/opt/python"
"""Directory of a layer's packages on Lambda."""

CODE_ON_LAMBDA = "/var/task"
"""Directory of a function's code on Lambda."""


def compiler_for(target: Target) -> str | None:
    """Return the Python that compiles for a target; None if this machine has none of that version.

    Bytecode depends on Python's version, not on the machine. No Python is downloaded for it. For the local cloud it's
    None: Python can write to the functions' directories there, and keeps the bytecode itself.
    """
    return None if target.platform is None else find_interpreter(target.python)


def compile_modules(directory: Path, compiler: str, *, on_lambda: str) -> None:
    """Write compiled files beside the sources, with the same bytes every time and on every machine.

    Python doesn't compare them with the sources, because what is deployed doesn't keep the sources' times. A file that
    can't be compiled, such as a template named *.py, is left as it is.

    Args:
        directory: the directory with the modules.
        compiler: the Python that compiles them.
        on_lambda: the path that the directory has on Lambda, for tracebacks.
    """
    subprocess.run(  # noqa: S603 - a fixed program and our own arguments
        [
            *(compiler, "-I", "-S", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(directory), "-p", on_lambda, str(directory)),
        ],
        env={"PYTHONHASHSEED": "0"},
        check=False,
        capture_output=True,
    )
