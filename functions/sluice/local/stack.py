"""The state of the stack in the local cloud, and waits until it is ready."""

from __future__ import annotations

import time

from botocore.exceptions import ClientError

from ..stage import clients
from ..stage.names import LOCAL_STAGE, Names
from .errors import LocalCloudError

_READY = 120.0
"""Seconds that CloudFormation and Lambda have to finish what they are doing."""

_POLL = 0.1
"""Seconds between two looks."""


def stack_state() -> str | None:
    """Return CloudFormation's state of the stack; None if there is no stack."""
    try:
        stacks = clients.client("cloudformation", LOCAL_STAGE).describe_stacks(StackName=Names(LOCAL_STAGE).stack)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    state: str = stacks["Stacks"][0]["StackStatus"]
    return state


def wait_for_deployable() -> bool:
    """Wait until no deployment is under way.

    Returns:
        False if one is still under way after two minutes.
    """
    deadline = time.monotonic() + _READY
    while (stack_state() or "").endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def wait_for_mappings() -> None:
    """Wait until every event source mapping is enabled or disabled: all handlers that are not paused then receive.

    Raises:
        LocalCloudError: some are between two states after two minutes.
    """
    prefix = f":function:{Names(LOCAL_STAGE).prefix}"
    deadline = time.monotonic() + _READY
    while True:
        pages = clients.client("lambda", LOCAL_STAGE).get_paginator("list_event_source_mappings").paginate()
        mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
        changing = [
            f"{mapping['FunctionArn'].rsplit(':', 1)[-1]} is {mapping['State']}"
            for mapping in mappings
            if prefix in mapping["FunctionArn"] and mapping["State"] not in {"Enabled", "Disabled"}
        ]
        if not changing:
            return
        if time.monotonic() > deadline:
            raise LocalCloudError(
                f"app.py is deployed, but its event source mappings are not ready after {_READY:g} s:"
                f" {', '.join(changing)}"
            )
        time.sleep(_POLL)
