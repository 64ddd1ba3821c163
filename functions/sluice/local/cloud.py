"""The local cloud: bring it up and take it down."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..stage import clients
from ..stage.names import LOCAL_ASSETS_BUCKET, LOCAL_STAGE
from . import cdk_program, deployment, processes, server
from .deployment_record import DeploymentRecord, read_record, write_record
from .files import Files
from .fingerprint import fingerprint
from .health import answers
from .interpreter import interpreters
from .lock import locked
from .port import local_port
from .progress import Progress
from .python_note import note_on_python
from .stack import stack_state, wait_for_deployable, wait_for_mappings


@dataclass(frozen=True)
class Cloud:
    """A local cloud that is ready.

    Attributes:
        endpoint: the URL for AWS's SDKs and tools.
        port: its port.
        pid: the process id of MiniStack.
        deployed: whether `up` had to deploy something.
    """

    endpoint: str
    port: int
    pid: int
    deployed: bool


def up(root: Path, progress: Progress, *, crons: bool = True, before_change: Callable[[], None] | None = None) -> Cloud:
    """Start the local cloud, deploy the project into it, and wait until it is ready.

    Skips steps that are done.

    Args:
        root: the project's root.
        progress: receives the progress.
        crons: whether the crons' schedules are enabled.
        before_change: called before something is deployed over what is there; an exception of its keeps it as it is.

    Raises:
        LocalCloudError: MiniStack did not start, or the deployment failed.
    """
    files = Files(root, local_port())
    with _alone(files, progress):
        deployment.stop_leftovers(files)
        wanted = fingerprint(root) + _tools() + ("" if crons else " without crons")
        running = server.find(files)
        record = read_record(files.deployed)
        known = running is not None and record is not None and record.server == processes.identity(running)
        usable = known and running is not None and server.is_as_wanted(running, files) and answers(files.port)
        if running is None or not usable or not wait_for_deployable():
            # Nothing runs, or nobody knows what it holds or how it was started: begin with an empty MiniStack.
            with progress.step(f"starting MiniStack on 127.0.0.1:{files.port}"):
                server.stop(files)
                running = server.start(files)
            # Those that exist have the credentials of the one before.
            clients.forget_clients()
            record = None
        endpoint = f"http://127.0.0.1:{files.port}"
        if record is not None and record.made_from == wanted and stack_state() is not None:
            return Cloud(endpoint, files.port, running.pid, deployed=False)
        if record is not None and before_change is not None:
            before_change()
        identity = processes.identity(running)
        write_record(files.deployed, DeploymentRecord(identity, None) if record else None)
        clients.client("s3", LOCAL_STAGE).create_bucket(Bucket=LOCAL_ASSETS_BUCKET)
        files.pythons.write_text(json.dumps(interpreters()), encoding="utf-8")
        deployment.deploy(files, progress, crons=crons)
        note = note_on_python(files.assembly)
        if note:
            progress.note(note)
        with progress.step("waiting until the handlers receive events"):
            wait_for_mappings()
        write_record(files.deployed, DeploymentRecord(identity, wanted))
        return Cloud(endpoint, files.port, running.pid, deployed=True)


def down(root: Path, progress: Progress) -> bool:
    """Stop the local cloud and delete its files, except its logs.

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
        write_record(files.deployed, None)
        return stopped


@contextmanager
def _alone(files: Files, progress: Progress) -> Iterator[None]:
    """Hold the local cloud's lock, in a directory that nobody else can look into."""
    files.keep_private()

    def busy(holder: str) -> None:
        progress.note(f"waiting for another sluice command{f' (process {holder})' if holder else ''}")

    with locked(files.lock, busy):
        yield


def _tools() -> str:
    """Return the tools' versions: another version may deploy the same project differently."""
    pythons = ", ".join(f"{version} {path}" for version, path in interpreters().items())
    return f" by cdk {cdk_program.VERSION} with Python {sys.version_info.major}.{sys.version_info.minor} of {pythons}"
