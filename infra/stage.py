"""The stage that is synthesised, and what differs between the local one and those on AWS."""

from __future__ import annotations

import os

from constructs import IConstruct
from sluice.stage.names import LOCAL_STAGE

CRONS_CONTEXT = "crons"
"""CDK context key: with the value `off`, crons don't fire. Only the local stage heeds it."""


def stage_of(app: IConstruct) -> str:
    """Return the stage that `-c stage=NAME` names, or else the environment variable SLUICE_STAGE, or else `local`."""
    return str(app.node.try_get_context("stage") or os.environ.get("SLUICE_STAGE") or LOCAL_STAGE)


def crons_are_off(scope: IConstruct, stage: str) -> bool:
    """Return True for `sluice up --no-crons`. A stage on AWS has its crons, whatever the context says."""
    return stage == LOCAL_STAGE and bool(scope.node.try_get_context(CRONS_CONTEXT) == "off")


def has_tls(stage: str) -> bool:
    """Return True if the stage can insist on TLS. The local cloud speaks plain HTTP, to this machine alone."""
    return stage != LOCAL_STAGE
