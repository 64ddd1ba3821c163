"""`cdk deploy` of the project's own app into the local cloud."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Sequence

import psutil

from ..stage.names import LOCAL_STAGE
from . import cdk_program, environment, processes
from .errors import LocalCloudError
from .failure_reason import MANIFEST, reason_in
from .files import Files
from .progress import Progress

_RESOURCE = re.compile(
    r"^\S+ \| +(?P<done>\d+)/(?P<all>\d+) \| [^|]+ \| (?P<state>\w+) +\| (?P<type>\S+) +\| (?P<id>\S+)"
)
"""A line of the CDK's output about one resource."""

_NO_CRONS = ("--context", "crons=off")


def deploy(files: Files, progress: Progress, *, crons: bool = True) -> None:
    """Deploy the project into the local cloud.

    Args:
        files: the local cloud's files.
        progress: receives the progress.
        crons: whether the crons' schedules are enabled.

    Raises:
        LocalCloudError: app.py cannot be synthesised or deployed; the message says why.
    """
    program = cdk_program.command(progress)
    # If app.py makes nothing, the CDK would deploy the last synthesis.
    (files.assembly / MANIFEST).unlink(missing_ok=True)
    started = time.monotonic()
    with progress.step("deploying app.py"):
        child = subprocess.Popen(  # noqa: S603
            [*program, "deploy", *([] if crons else _NO_CRONS), *_arguments(files)],
            cwd=files.root,
            env=environment_of_cdk(files),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            output = _read_output(child, files, progress)
        finally:
            # Interrupted: the CDK must not go on by itself.
            if child.poll() is None:
                processes.kill([psutil.Process(child.pid)])
            child.wait()
    if child.returncode != 0:
        raise LocalCloudError(
            f"the deployment failed after {time.monotonic() - started:.0f} s:\n{reason_in(output, files.root)}\n"
            f"The whole output of cdk is in {files.deploy_log.relative_to(files.root)}"
        )


def stop_leftovers(files: Files) -> None:
    """Stop a deployment whose command was killed, and remove its locks.

    The caller holds the local cloud's lock, so no other command is deploying.

    Args:
        files: the local cloud's files.
    """
    marks = _arguments(files)[-2:]
    processes.kill(processes.running(lambda command: list(command[-2:]) == marks))
    # The CDK honours a lock while a process with its number exists, even a zombie or an unrelated process.
    for lock in files.assembly.glob("*.lock"):
        lock.unlink(missing_ok=True)


def environment_of_cdk(files: Files) -> dict[str, str]:
    """Return the environment in which the CDK works on the local cloud.

    Args:
        files: the local cloud's files.
    """
    aws = environment.without_aws(os.environ) | environment.unproxied(os.environ) | environment.local_aws(files.port)
    return environment.for_cdk(aws, cdk_program.node()) | {
        "SLUICE_STAGE": LOCAL_STAGE,
        "SLUICE_PORT": str(files.port),
        "TMPDIR": str(files.temporary),
        "CDK_HOME": str(files.temporary / "cdk"),
        "NO_COLOR": "1",
    }


def _arguments(files: Files) -> list[str]:
    """Return the arguments of `cdk deploy`. The last two tell this local cloud's deployments from all others."""
    return [
        *("--all", "--ci", "--require-approval", "never", "--progress", "events"),
        *("--context", f"stage={LOCAL_STAGE}"),
        *("--output", str(files.assembly)),
    ]


def _read_output(child: subprocess.Popen[str], files: Files, progress: Progress) -> Sequence[str]:
    """Write the CDK's output to the log and report the progress. Return its lines."""
    lines = []
    assert child.stdout is not None  # noqa: S101 - it is a pipe
    with files.deploy_log.open("w") as log, child.stdout as output:
        for line in output:
            log.write(line)
            log.flush()
            lines.append(line.rstrip())
            resource = _RESOURCE.match(line)
            if resource:
                progress.detail("{done}/{all} {type} {id}".format(**resource.groupdict()))
    return lines
