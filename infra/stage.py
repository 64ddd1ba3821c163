"""The stage that is synthesised, and what differs between the local one and those on AWS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from constructs import IConstruct
from sluice.stage.names import LOCAL_STAGE

THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
"""Hosts of endpoints that are on this machine."""

CRONS_CONTEXT = "crons"
"""CDK context key: with the value `off`, crons don't fire. Only the local stage heeds it."""


def stage_of(app: IConstruct) -> str:
    """Return the stage that `-c stage=NAME` names, or else the environment variable SLUICE_STAGE, or else `local`."""
    return str(app.node.try_get_context("stage") or os.environ.get("SLUICE_STAGE") or LOCAL_STAGE)


def aims_local_stage_at_aws(stage: str, environment: Mapping[str, str]) -> bool:
    """Return True if the CDK's command line is about to use the local stage anywhere but on this machine.

    The local stage has this machine's architecture and Python, a table that is deleted with the stack, and assets in
    a bucket whose name anybody may own on AWS.

    Args:
        stage: the stage's name.
        environment: the environment variables. The CDK's command line sets CDK_CLI_VERSION for app.py.
    """
    if stage != LOCAL_STAGE or "CDK_CLI_VERSION" not in environment:
        return False
    return urlsplit(environment.get("AWS_ENDPOINT_URL", "")).hostname not in THIS_MACHINE


def crons_are_off(scope: IConstruct, stage: str) -> bool:
    """Return True for `sluice up --no-crons`. A stage on AWS has its crons, whatever the context says."""
    return stage == LOCAL_STAGE and bool(scope.node.try_get_context(CRONS_CONTEXT) == "off")


def has_tls(stage: str) -> bool:
    """Return True if the stage can insist on TLS. The local cloud speaks plain HTTP, to this machine alone."""
    return stage != LOCAL_STAGE
