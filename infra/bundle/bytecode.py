"""Compiled files for the layer.

Without them Python compiles every module anew at every cold start, as Lambda's file system is read-only: importing
then takes two to four times as long.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .target import Target, this_machine
from .uv_tool import UvFailedError, run_uv

_ON_LAMBDA = "/opt/python"
"""Where Lambda has a layer's packages."""


def compiler_for(target: Target, *, project: Path) -> str | None:
    """The Python that compiles for a target; None if this machine has none of that version.

    Bytecode is the same on every machine, and of one version only. Nothing is downloaded for it. The local cloud's
    functions get none: their directories can be written to, so Python keeps what it has compiled.
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
    """Put compiled files beside the sources, the same bytes whenever and wherever that is done.

    Python does not compare them with the sources, whose times a layer does not keep. What cannot be compiled, such as
    a template with the ending of a module, is left as it is.
    """
    subprocess.run(  # noqa: S603 - a fixed program, with arguments of ours
        [
            *(compiler, "-I", "-S", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(packages), "-p", _ON_LAMBDA, str(packages)),
        ],
        env={"PYTHONHASHSEED": "0"},
        check=False,
        capture_output=True,
    )
