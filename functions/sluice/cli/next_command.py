"""The command lines that messages give the reader to run next."""

from __future__ import annotations

import os
import shlex

from ..stage.names import LOCAL_STAGE

STAGE_VARIABLE = "SLUICE_STAGE"


def default_stage() -> str:
    """Return the stage of a command line that names none."""
    return os.environ.get(STAGE_VARIABLE) or LOCAL_STAGE


def next_command(stage: str, *words: str) -> str:
    """Return a `sluice` command line for the reader to run.

    Args:
        stage: the stage to run it on; `--stage` is left out for the default one.
        words: the command and its arguments.
    """
    options = () if stage == default_stage() else ("--stage", stage)
    return shlex.join(("sluice", *words, *options))
