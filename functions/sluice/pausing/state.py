"""A handler's state: as AWS shows it, as it is recorded, and the calls that change it. `decision` has the rule."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum
from typing import Any

RECEIVING = frozenset({"Creating", "Enabling", "Enabled", "Updating"})
"""States of an event source mapping in which it receives, or may."""

MISSING = "Missing"
"""Stands for the state of a mapping where a handler has none: somebody deleted it."""

AT_REST = frozenset({"Disabled", MISSING})
"""States of an event source mapping in which it receives nothing, and is not about to."""

DEPLOYMENT_UNDER_WAY = "under way"
"""Stands in a record for the deployment if the first state recorded was applied during one."""

RUN_ONE_CONCURRENCY = 1
"""Reserved concurrency while one event runs and all others wait."""

THROTTLED = "its reserved concurrency was set to 0"
"""Reason of a pause that was made in the AWS console."""

UNTHROTTLED = "its reserved concurrency was removed"
"""Reason of an unpause that was made in the AWS console."""

UNTIL_PASSED = "paused until then"
"""Reason of an unpause at the end that the pause was given."""


class Call(Enum):
    """A call that changes AWS. The history shows the values."""

    TAG_FUNCTION = "tag the function as blocked, again"
    TAG_MAPPING = "tag the mapping as blocked"
    UNTAG_MAPPING = "take the tag off the mapping"
    DISABLE_MAPPING = "disable the mapping"
    ENABLE_MAPPING = "enable the mapping"
    SET_ZERO = "set the function's reserved concurrency to 0"
    RELEASE = "give the function its reserved concurrency back"
    DISABLE_SCHEDULE = "disable the cron's schedule"
    ENABLE_SCHEDULE = "enable the cron's schedule"


SWITCHES = frozenset({Call.DISABLE_MAPPING, Call.ENABLE_MAPPING})
"""Calls that also put a mapping's settings back."""

MAPPING_CALLS = SWITCHES | {Call.TAG_MAPPING, Call.UNTAG_MAPPING}
"""Calls about the mapping."""

SCHEDULE_CALLS = frozenset({Call.DISABLE_SCHEDULE, Call.ENABLE_SCHEDULE})
"""Calls that only the reconciler makes: the right to update a schedule includes changing its target."""

UNBLOCKING_MS = 90_000
"""Milliseconds that an unblock may take between its record and its first call; it is retried for as long."""

STALE_MS = 60_000
"""Milliseconds for which a read may show an earlier state. AWS does not say whether reads are consistent right after a
write, so this is an assumption."""

LEASE_EXPIRED_MS = 1
"""A lease that expired long ago: its reserved concurrency is yet to be taken back."""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """A handler's state as AWS shows it.

    Attributes:
        concurrency: the function's reserved concurrency; None if it has none.
        mapping: the state of its event source mapping.
        block: the value of the function's tag `sluice:blocked`; None if it has none.
        mapping_block: the value of the same tag on the mapping.
        schedule: `ENABLED` or `DISABLED`; None if the handler is no cron.
        missed: `skip` or `queue`, a cron's choice for the ticks of a pause; None if Sluice must not change its
            schedule.
        deployment: a mark that differs between deployments of the stack; None while one is under way.
        tagged: the value of the tag `sluice:blocked` that the caller itself has just set; None if it has not.
        untagged: True if the caller itself has just removed that tag. A read may still show it.
    """

    concurrency: int | None = None
    mapping: str = "Enabled"
    block: str | None = None
    mapping_block: str | None = None
    schedule: str | None = None
    missed: str | None = None
    deployment: str | None = None
    tagged: str | None = None
    untagged: bool = False


@dataclass(frozen=True, kw_only=True)
class Record:
    """A handler's state as it is wanted, and as it was last applied.

    Attributes:
        paused: True if a pause is wanted, with or without a block.
        by: user who paused it; None if AWS has not named one.
        since_ms: start of the pause, in milliseconds since 1970.
        reason: reason for the pause.
        until_ms: end of the pause, in milliseconds since 1970; None if it has none.
        pending: True while a command is not finished. Until then the record counts, whatever AWS shows.
        block: value of the tag that was last seen, or that a command is about to set.
        blocking: command that is changing the block: `block`, `block again` (over one whose unblock is not finished),
            `unblock`; or None.
        asked: that command as a `Change`, for the history once it takes effect.
        block_deployment: the deployment at which the block was applied.
        deployment: the deployment at which the pause was applied.
        lease_ms: time until which one event may run although the handler is paused, in milliseconds since 1970.
        ticks_off: True if the cron's schedule was disabled here, to be enabled again later.
        cap: the function's reserved concurrency when it was last seen to run; None if it had none. It is given back
            once the handler is neither paused nor blocked.
        settled_ms: time of the last calls, in milliseconds since 1970. For a minute, reads may show the state before.
        doubt_ms: since when AWS has been showing that somebody else ended the pause or the block.
        new_deployment: a later deployment that has been seen; what it changed may not have been seen yet.
        new_deployment_ms: since when, in milliseconds since 1970.
        revision: number of writes.
    """

    paused: bool = False
    by: str | None = None
    since_ms: int | None = None
    reason: str | None = None
    until_ms: int | None = None
    pending: bool = False
    block: str | None = None
    blocking: str | None = None
    asked: dict[str, Any] | None = None
    block_deployment: str | None = None
    deployment: str | None = None
    lease_ms: int | None = None
    ticks_off: bool = False
    cap: int | None = None
    settled_ms: int | None = None
    doubt_ms: int | None = None
    new_deployment: str | None = None
    new_deployment_ms: int | None = None
    revision: int = 0

    def unpaused(self) -> Record:
        """Return the record without its pause."""
        return dataclasses.replace(self, paused=False, by=None, since_ms=None, reason=None, until_ms=None)

    def settled_just_now(self, now_ms: int) -> bool:
        """Return True if reads may still show the state before the last calls."""
        return self.settled_ms is not None and now_ms - self.settled_ms < STALE_MS

    def asked_just_now(self, now_ms: int) -> bool:
        """Return True if reads may still show the state before the command about a block that is not finished."""
        return self.blocking is not None and now_ms - (self.asked or {}).get("at_ms", 0) < STALE_MS

    @property
    def block_unconfirmed(self) -> bool:
        """True while the recorded block is one that a command asked for and may not have set."""
        return self.blocking == "block"
