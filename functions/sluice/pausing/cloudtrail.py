"""Who did it, where CloudTrail tells: changes that were found without a name get one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..stage.names import BLOCKED_TAG, Names
from .decision import ONE
from .history import Change
from .record_store import ConflictError, RecordStore

_LATEST = 20
"""Changes that are looked at for the one that an event tells of."""

_LATE_MS = 900_000
"""By how much an event may come before the change that it tells of was found: the reconciler runs every minute, and
CloudTrail takes up to a quarter of an hour (its own word: typically within 5 minutes)."""

_CLOCKS_MS = 5_000

_COMMAND_MS = 135_000
"""How long after a command has told of itself it may still make its calls: as long as it waits for AWS, in all."""


@dataclass(frozen=True)
class UserChange:
    """What somebody did.

    Attributes:
        handler: to which handler.
        what: `paused`, `unpaused`, `blocked` or `unblocked`.
        by: who.
        at_ms: when, in milliseconds since 1970.
    """

    handler: str
    what: str
    by: str
    at_ms: int


def user_of(arn: str) -> str:
    """A caller's ARN without what is the same for all: `user/ada`, `assumed-role/Admin/ada`, `root`."""
    return arn.rsplit(":", 1)[-1] or arn


def user_change_of(event: Mapping[str, Any], names: Names) -> UserChange | None:
    """The act that an EventBridge event tells of; None if it is none of ours."""
    try:
        detail = event["detail"]
        name, parameters = detail["eventName"], detail["requestParameters"]
        target = str(parameters.get("functionName") or parameters.get("resource") or "")
        handler = names.handler_of_queue(_name_in(target))
        what, by = _what(name, parameters), user_of(detail["userIdentity"]["arn"])
        # What the reconciler does, it does for somebody else: Lambda names its sessions after the function.
        ours = by.endswith(f"/{names.reconciler}")
        if handler is None or what is None or ours or detail.get("errorCode"):
            return None
        moment = datetime.fromisoformat(detail["eventTime"])
        return UserChange(handler, what, by, int(moment.timestamp() * 1000))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        # Anybody with the right to call the reconciler may pass it anything.
        return None


def _name_in(target: str) -> str:
    """The function's name in what a call was made for: a name, an ARN or the end of one, with or without a version."""
    parts = target.split(":")
    return parts[parts.index("function") + 1] if "function" in parts[:-1] else parts[0]


def add_user(act: UserChange, records: RecordStore) -> bool:
    """Put the name of who did it to the change that was found.

    Returns:
        Whether there was such a change.
    """
    latest = records.history(act.handler, _LATEST)
    if any(_is_a_commands(act, change) for change in latest):
        return False
    for change in latest:
        after = change.at_ms - act.at_ms
        if change.what == act.what and change.by is None and -_CLOCKS_MS <= after <= _LATE_MS:
            records.amend(act.handler, dataclasses.replace(change, by=act.by))
            record = records.get(act.handler)
            if act.what == "paused" and record.paused and record.by is None:
                try:
                    records.put(act.handler, dataclasses.replace(record, by=act.by), record)
                except ConflictError:
                    # Settled in this moment: then somebody's name is in it.
                    return True
            return True
    return False


def _is_a_commands(act: UserChange, change: Change) -> bool:
    """Whether a command that has told of itself made the call."""
    after = act.at_ms - change.at_ms
    return (change.what, change.by) == (act.what, act.by) and -_CLOCKS_MS <= after <= _COMMAND_MS


def _what(name: str, parameters: Mapping[str, Any]) -> str | None:
    if name.startswith("PutFunctionConcurrency"):
        wanted = parameters.get("reservedConcurrentExecutions")
        # One is what `sluice run` sets, for one event.
        return "paused" if wanted == 0 else None if wanted == ONE else "unpaused"
    if name.startswith("DeleteFunctionConcurrency"):
        return "unpaused"
    if name.startswith("TagResource") and BLOCKED_TAG in (parameters.get("tags") or {}):
        return "blocked"
    if name.startswith("UntagResource") and BLOCKED_TAG in (parameters.get("tagKeys") or ()):
        return "unblocked"
    return None
