"""`cdk deploy` of the project's own app into the local cloud."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Sequence

import psutil

from ..stage.names import LOCAL_STAGE
from . import cdk, environment, processes
from .errors import LocalCloudError
from .failure import MANIFEST, reason_in
from .progress import Progress
from .project import Files

_RESOURCE = re.compile(
    r"^\S+ \| +(?P<done>\d+)/(?P<all>\d+) \| [^|]+ \| (?P<state>\w+) +\| (?P<type>\S+) +\| (?P<id>\S+)"
)
"""A line of the CDK's about one resource."""


_NO_CRONS = ("--context", "crons=off")


def deploy(files: Files, progress: Progress, *, crons: bool = True) -> None:
    """Deploy the project into the local cloud.

    Args:
        files: the local cloud's.
        progress: told what happens.
        crons: whether they are to fire.

    Raises:
        LocalCloudError: the app cannot be synthesised or deployed; it says why.
    """
    program = cdk.command(progress)
    # Of an app.py that makes nothing, the CDK would deploy what it made before.
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
            output = _follow(child, files, progress)
        finally:
            # Interrupted: the CDK must not go on alone.
            if child.poll() is None:
                processes.kill([psutil.Process(child.pid)])
            child.wait()
    if child.returncode != 0:
        raise LocalCloudError(
            f"the deployment failed after {time.monotonic() - started:.0f} s:\n{reason_in(output, files.root)}\n"
            f"All that cdk said is in {files.deploy_log.relative_to(files.root)}"
        )


def stop_leftovers(files: Files) -> None:
    """Stop a deployment into this local cloud whose command was killed, and free what it held.

    The caller holds the local cloud's lock, so that nobody else's deployment is under way.
    """
    marks = _arguments(files)[-2:]
    processes.kill(processes.running(lambda command: list(command[-2:]) == marks))
    # The CDK takes a lock for held while there is a process of its number: one that waits to be collected, or another.
    for lock in files.assembly.glob("*.lock"):
        lock.unlink(missing_ok=True)


def environment_of_cdk(files: Files) -> dict[str, str]:
    """The environment in which the CDK's command line works on the local cloud."""
    aws = environment.without_aws(os.environ) | environment.unproxied(os.environ) | environment.local_aws(files.port)
    return environment.for_cdk(aws, cdk.node()) | {
        "SLUICE_STAGE": LOCAL_STAGE,
        "SLUICE_PORT": str(files.port),
        "TMPDIR": str(files.temporary),
        "CDK_HOME": str(files.temporary / "cdk"),
        "NO_COLOR": "1",
    }


def _arguments(files: Files) -> list[str]:
    return [
        *("--all", "--ci", "--require-approval", "never", "--progress", "events"),
        *("--context", f"stage={LOCAL_STAGE}"),
        *("--output", str(files.assembly)),
    ]


def _follow(child: subprocess.Popen[str], files: Files, progress: Progress) -> Sequence[str]:
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
