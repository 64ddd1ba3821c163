"""Commands on the stage `local`: which need a running local cloud, and which work on nothing else."""

from __future__ import annotations

import os
import socket

import click

from ..local.environment import unproxied
from ..local.errors import NothingRunningError
from ..local.port import local_port
from ..stage.names import LOCAL_STAGE


def use_local_cloud(*, must_run: bool) -> None:
    """Point this process at the local cloud.

    The caller's AWS settings are removed from the environment: the local cloud needs none, and a broken profile would
    make boto3 fail.

    Args:
        must_run: whether the command needs a local cloud that is running.

    Raises:
        NothingRunningError: it has to run, and does not.
        InvalidPortError: SLUICE_PORT is not a port number.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ.update(unproxied(os.environ))
    port = local_port()
    if must_run:
        _check_running(port)


def only_local(stage: str, command: str) -> None:
    """Refuse a stage on AWS for a command that works on the local cloud only.

    Raises:
        click.UsageError: the stage is not `local`.
    """
    if stage != LOCAL_STAGE:
        raise click.UsageError(
            f"{command} works on the local cloud only, not on stage {stage!r}; to deploy that stage, run:"
            f" sluice cdk deploy --stage {stage}"
        )


def _check_running(port: int) -> None:
    # boto3 alone would try for some ten seconds.
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)):
            raise NothingRunningError(port)
    # Imported late, as it takes a while.
    from ..local.health import answers  # noqa: PLC0415 - see above

    if not answers(port):
        raise NothingRunningError(port, taken=True)
