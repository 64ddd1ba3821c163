"""Which stage is synthesised."""

from __future__ import annotations

import os

from constructs import IConstruct
from sluice.stage.names import LOCAL_STAGE

CRONS_CONTEXT = "crons"
"""The CDK context that says `off` if crons are not to fire. For the local cloud alone."""


def stage_of(app: IConstruct) -> str:
    """The stage that `-c stage=NAME` names, or else the environment variable SLUICE_STAGE, or else `local`."""
    return str(app.node.try_get_context("stage") or os.environ.get("SLUICE_STAGE") or LOCAL_STAGE)


def crons_are_off(scope: IConstruct, stage: str) -> bool:
    """Whether `sluice up --no-crons` deploys it. A stage on AWS has its crons, whatever the context says."""
    return stage == LOCAL_STAGE and bool(scope.node.try_get_context(CRONS_CONTEXT) == "off")
