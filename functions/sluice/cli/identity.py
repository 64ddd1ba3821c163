"""Who gives a command, and what the command has done on the caller's behalf."""

from __future__ import annotations

import contextlib

from botocore.exceptions import BotoCoreError, ClientError

from ..pausing.cloudtrail import user_of
from ..pausing.commands import Commands
from ..pausing.open import open_handler_states
from ..stage import clients
from ..stage.names import Names


def caller(stage: str) -> str:
    """Who the caller's credentials say he is, such as `user/ada` or `assumed-role/Admin/ada@example.com`."""
    return user_of(clients.client("sts", stage).get_caller_identity()["Arn"])


def open_commands(stage: str) -> Commands:
    """The commands that pause and block, given by the caller."""
    return Commands(open_handler_states(stage), caller(stage))


def set_off_reconciler(stage: str) -> None:
    """Have the reconciler do at once what it would do within the minute: crons' schedules are its alone."""
    with contextlib.suppress(BotoCoreError, ClientError):
        clients.client("lambda", stage).invoke(
            FunctionName=Names(stage).reconciler, InvocationType="Event", Payload=b"{}"
        )
