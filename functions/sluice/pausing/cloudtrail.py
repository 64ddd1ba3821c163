"""Names from CloudTrail: a change that was found without a user gets the user that CloudTrail names."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..stage.names import BLOCKED_TAG, Names
from .history import Change
from .record_store import ConflictError, RecordStore
from .state import RUN_ONE_CONCURRENCY

_LATEST = 20
"""Number of changes searched for the one that an event is about."""

_FOUND_LATE_MS = 900_000
"""Milliseconds after a call in which its change may be found. The reconciler runs every minute, and CloudTrail delivers
within 15 minutes ("typically within 5", its guide says)."""

_CLOCK_SKEW_MS = 5_000
"""Milliseconds by which AWS's clock and ours may differ."""

_COMMAND_MS = 135_000
"""Milliseconds after its own change in the history in which a command may make its calls: its longest waits, 45 s for
the mapping and 90 s for AWS."""


@dataclass(frozen=True)
class UserChange:
    """A change that CloudTrail names a user for.

    Attributes:
        handler: the handler that was changed.
        what: `paused`, `unpaused`, `blocked` or `unblocked`.
        by: the user.
        at_ms: time of the change, in milliseconds since 1970.
    """

    handler: str
    what: str
    by: str
    at_ms: int


def user_of(arn: str) -> str:
    """Return the end of a caller's ARN, which tells users apart: `user/ada`, `assumed-role/Admin/ada`, `root`."""
    return arn.rsplit(":", 1)[-1] or arn


def user_change_of(event: Mapping[str, Any], names: Names) -> UserChange | None:
    """Return the change that an EventBridge event is about; None if it is not about one of a handler of this stage."""
    try:
        detail = event["detail"]
        name, parameters = detail["eventName"], detail["requestParameters"]
        target = str(parameters.get("functionName") or parameters.get("resource") or "")
        handler = names.handler_of_queue(_function_in(target))
        what, by = _what(name, parameters), user_of(detail["userIdentity"]["arn"])
        # The reconciler acts for others. Lambda names its sessions after the function.
        by_reconciler = by.endswith(f"/{names.reconciler}")
        if handler is None or what is None or by_reconciler or detail.get("errorCode"):
            return None
        moment = datetime.fromisoformat(detail["eventTime"])
        return UserChange(handler, what, by, int(moment.timestamp() * 1000))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        # Everybody with the right to invoke the reconciler can pass it anything.
        return None


def add_user(user_change: UserChange, records: RecordStore) -> bool:
    """Add the user to the change that was found without one, and to the pause if it still lasts.

    Returns:
        True if there was such a change.
    """
    handler = user_change.handler
    latest = records.history(handler, _LATEST)
    if any(_made_by_command(user_change, change) for change in latest):
        return False
    for change in latest:
        found_after = change.at_ms - user_change.at_ms
        in_time = -_CLOCK_SKEW_MS <= found_after <= _FOUND_LATE_MS
        if change.what == user_change.what and change.by is None and in_time:
            records.amend(handler, dataclasses.replace(change, by=user_change.by))
            record = records.get(handler)
            if user_change.what == "paused" and record.paused and record.by is None:
                # On a conflict somebody has just changed the pause, so it has that user's name.
                with contextlib.suppress(ConflictError):
                    records.put(handler, dataclasses.replace(record, by=user_change.by), record)
            return True
    return False


def _made_by_command(user_change: UserChange, change: Change) -> bool:
    """Return True if a command that is in the history already made the call."""
    after = user_change.at_ms - change.at_ms
    same = (change.what, change.by) == (user_change.what, user_change.by)
    return same and -_CLOCK_SKEW_MS <= after <= _COMMAND_MS


def _function_in(target: str) -> str:
    """Return the function's name in a call's target: a name, an ARN or the end of one, with or without a version."""
    parts = target.split(":")
    return parts[parts.index("function") + 1] if "function" in parts[:-1] else parts[0]


def _what(name: str, parameters: Mapping[str, Any]) -> str | None:
    if name.startswith("PutFunctionConcurrency"):
        wanted = parameters.get("reservedConcurrentExecutions")
        # `sluice run` sets 1, for one event.
        return "paused" if wanted == 0 else None if wanted == RUN_ONE_CONCURRENCY else "unpaused"
    if name.startswith("DeleteFunctionConcurrency"):
        return "unpaused"
    if name.startswith("TagResource") and BLOCKED_TAG in (parameters.get("tags") or {}):
        return "blocked"
    if name.startswith("UntagResource") and BLOCKED_TAG in (parameters.get("tagKeys") or ()):
        return "unblocked"
    return None
