"""Which stage is synthesised."""

from __future__ import annotations

import os

from constructs import IConstruct
from sluice.names import LOCAL_STAGE


def stage_of(app: IConstruct) -> str:
    """The stage that `-c stage=NAME` names, or else the environment variable SLUICE_STAGE, or else `local`."""
    return str(app.node.try_get_context("stage") or os.environ.get("SLUICE_STAGE") or LOCAL_STAGE)
