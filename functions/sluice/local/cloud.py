"""The local cloud as a whole: up and down."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ..stage import clients
from ..stage.names import LOCAL_ASSETS_BUCKET, LOCAL_STAGE, Names
from . import cdk, deployment, processes, server
from .errors import LocalCloudError
from .health import answers
from .lock import locked
from .progress import Progress
from .project import Files, fingerprint, local_port

_SETTLE = 120.0
"""Seconds that CloudFormation and Lambda get to finish what they are at."""

_POLL = 0.1


@dataclass(frozen=True)
class Cloud:
    """A local cloud that is ready.

    Attributes:
        endpoint: the URL that AWS's SDKs and tools are to use.
        port: its port.
        pid: MiniStack's process.
        deployed: whether something was deployed to make it ready.
    """

    endpoint: str
    port: int
    pid: int
    deployed: bool


@dataclass(frozen=True)
class Deployed:
    """What a server holds.

    Attributes:
        server: the server.
        made_from: the fingerprint of what was deployed; None while another deployment is under way or after one
            has failed.
    """

    server: processes.Identity
    made_from: str | None


def up(root: Path, progress: Progress, *, crons: bool = True) -> Cloud:
    """Make the local cloud hold the project as it is, and wait until it is ready.

    Args:
        root: the project's root.
        progress: told what happens.
        crons: whether they fire.

    Raises:
        LocalCloudError: it could not be; the error says why.
    """
    files = Files(root, local_port())
    with _alone(files, progress):
        deployment.stop_leftovers(files)
        wanted = fingerprint(root) + _tools() + ("" if crons else " without crons")
        running = server.find(files)
        held = _read(files.deployed)
        known = running is not None and held is not None and held.server == processes.identity(running)
        if running is None or not known or not server.is_as_asked(running) or not _settled(files):
            # Nothing runs, or something of which nobody knows what it holds, or how it was started: begin anew.
            with progress.step(f"starting MiniStack on 127.0.0.1:{files.port}"):
                server.stop(files)
                running = server.start(files)
            held = None
        identity = processes.identity(running)
        cloud = Cloud(f"http://127.0.0.1:{files.port}", files.port, running.pid, deployed=True)
        if held is not None and held.made_from == wanted and _stack_state() is not None:
            return Cloud(cloud.endpoint, cloud.port, cloud.pid, deployed=False)
        _write(files.deployed, Deployed(identity, None) if held else None)
        clients.client("s3", LOCAL_STAGE).create_bucket(Bucket=LOCAL_ASSETS_BUCKET)
        deployment.deploy(files, progress, crons=crons)
        with progress.step("waiting until the handlers receive events"):
            _wait_for_mappings()
        _write(files.deployed, Deployed(identity, wanted))
        return cloud


def down(root: Path, progress: Progress) -> bool:
    """Stop the local cloud and remove what it kept on disk, but for its logs.

    Returns:
        Whether there was anything to stop.
    """
    files = Files(root, local_port())
    if not files.directory.is_dir():
        return False
    with _alone(files, progress):
        deployment.stop_leftovers(files)
        if server.find(files):
            progress.note(f"stopping MiniStack on 127.0.0.1:{files.port}")
        stopped = server.stop(files)
        shutil.rmtree(files.assembly, ignore_errors=True)
        files.deployed.unlink(missing_ok=True)
        return stopped


@contextmanager
def _alone(files: Files, progress: Progress) -> Iterator[None]:
    def busy(holder: str) -> None:
        # It may not have written yet who it is.
        progress.note(f"waiting for another sluice command{f' (process {holder})' if holder else ''}")

    with locked(files.lock, busy):
        yield


def _tools() -> str:
    return f" by cdk {cdk.VERSION} with Python {sys.version_info.major}.{sys.version_info.minor}"


def _settled(files: Files) -> bool:
    """Whether the server answers and its stack can be deployed again, now or soon."""
    if not answers(files.port):
        return False
    deadline = time.monotonic() + _SETTLE
    while (_stack_state() or "").endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def _stack_state() -> str | None:
    try:
        stacks = clients.client("cloudformation", LOCAL_STAGE).describe_stacks(StackName=Names(LOCAL_STAGE).stack)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    state: str = stacks["Stacks"][0]["StackStatus"]
    return state


def _wait_for_mappings() -> None:
    """Wait until no event source mapping is between two states: what is not paused then receives."""
    prefix = f":function:{Names(LOCAL_STAGE).prefix}"
    deadline = time.monotonic() + _SETTLE
    while True:
        pages = clients.client("lambda", LOCAL_STAGE).get_paginator("list_event_source_mappings").paginate()
        mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
        moving = [
            f"{mapping['FunctionArn'].rsplit(':', 1)[-1]} is {mapping['State']}"
            for mapping in mappings
            if prefix in mapping["FunctionArn"] and mapping["State"] not in {"Enabled", "Disabled"}
        ]
        if not moving:
            return
        if time.monotonic() > deadline:
            raise LocalCloudError(f"deployed, but not ready after {_SETTLE:g} s: {', '.join(moving)}")
        time.sleep(_POLL)


def _read(path: Path) -> Deployed | None:
    try:
        fields: Any = json.loads(path.read_text())
        return Deployed(processes.Identity(**fields["server"]), fields["made_from"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write(path: Path, deployed: Deployed | None) -> None:
    if deployed is None:
        path.unlink(missing_ok=True)
        return
    # Written beside and moved, so that a killed command leaves the old record or the new one.
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(deployed)))
    new.replace(path)
