"""The history of a handler's state: each change is an item of its own, kept as long as the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..event import ids
from ..stage.names import HISTORY
from ..traces.trace import iso
from .block_tag import parse
from .state import SCHEDULE_CALLS, UNTHROTTLED, UNTIL_PASSED, Call, Record

LIFTED = "unblocked"
"""The change that ends a block."""

MAX_REASON = 1_000
"""Characters of a reason. It is stored in every record, and shown on every line that says why."""

SLUICE = "sluice"
"""Stands for the user of a change that nobody made by hand."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change.

    Attributes:
        id: the change's id; ids sort by time.
        what: `paused`, `unpaused`, `blocked`, `unblocked`; or `restored`, after something else had changed the state.
        at_ms: time of the change, in milliseconds since 1970.
        by: user who made it; None if AWS has not named one.
        reason: reason for it.
        until_ms: end of the pause, in milliseconds since 1970; None if it has none.
        concurrency: reserved concurrency that a pause or block took from the function, or that it was given back; None
            if it had none.
    """

    id: str
    what: str
    at_ms: int
    by: str | None = None
    reason: str | None = None
    until_ms: int | None = None
    concurrency: int | None = None

    def printed(self) -> dict[str, Any]:
        """Return the change as the command line prints it."""
        return {
            "at": iso(self.at_ms),
            "change": self.what,
            "by": self.by,
            "reason": self.reason,
            "until": iso(self.until_ms),
            "concurrency": self.concurrency,
        }


def new_change(what: str, now_ms: int, **more: Any) -> Change:
    """Return a change that happens now. `Change` has the parameters."""
    return Change(id=ids.new_id(now_ms / 1000), what=what, at_ms=now_ms, **more)


def to_item(handler: str, change: Change) -> dict[str, Any]:
    """Return the DynamoDB item of a change. It has no time to live: people ask years later who stopped a handler."""
    item: dict[str, Any] = {
        "pk": {"S": HISTORY + handler},
        "sk": {"S": change.id},
        "what": {"S": change.what},
        "at_ms": {"N": str(change.at_ms)},
    }
    for name in ("by", "reason"):
        if getattr(change, name) is not None:
            item[name] = {"S": getattr(change, name)}
    for name in ("until_ms", "concurrency"):
        if getattr(change, name) is not None:
            item[name] = {"N": str(getattr(change, name))}
    return item


def from_item(item: Any) -> Change | None:
    """Return the change in a DynamoDB item; None if the item is unreadable."""
    try:
        return Change(
            id=item["sk"]["S"],
            what=item["what"]["S"],
            at_ms=int(item["at_ms"]["N"]),
            by=item.get("by", {}).get("S"),
            reason=item.get("reason", {}).get("S"),
            until_ms=_number(item, "until_ms"),
            concurrency=_number(item, "concurrency"),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _number(item: Any, name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None


def block_found(value: str, now_ms: int, *, concurrency: int | None = None) -> Change:
    """Return the change of a block that was found on AWS, with the user and the reason from its tag.

    Args:
        value: the tag's value.
        now_ms: milliseconds since 1970.
        concurrency: reserved concurrency that it takes from the function.
    """
    tag = parse(value)
    return new_change("blocked", now_ms, by=tag.by, reason=tag.reason, concurrency=concurrency)


def changes_between(before: Record, after: Record, calls: tuple[Call, ...], now_ms: int) -> list[Change]:
    """Return the changes between two records that no command has written yet.

    Args:
        before: the record as it was read.
        after: the record as it is desired.
        calls: the calls that lead from one to the other.
        now_ms: milliseconds since 1970.
    """
    found = []
    # The tag that AWS shows is not the one that a command was about to set.
    other_block = before.block_unconfirmed and after.block != before.block
    asked = Change(**before.asked) if before.asked is not None else None
    # A command about a block is written once the tag is as it asked.
    if asked is not None and after.block == (before.block if asked.what == "blocked" else None):
        found.append(asked)
    elif after.block is not None and (before.block is None or other_block):
        found.append(block_found(after.block, now_ms, concurrency=after.cap))
    elif before.block is not None and after.block is None and not before.block_unconfirmed:
        found.append(new_change(LIFTED, now_ms, reason="its tag was removed", concurrency=after.cap))
    if after.paused and not before.paused:
        found.append(new_change("paused", now_ms, by=after.by, reason=after.reason, concurrency=after.cap))
    if before.paused and not after.paused:
        ended = before.until_ms is not None and before.until_ms <= now_ms
        by, reason = (SLUICE, UNTIL_PASSED) if ended else (None, UNTHROTTLED)
        found.append(new_change("unpaused", now_ms, by=by, reason=reason, concurrency=after.cap))
    # Within a minute of the last calls, a call may only repeat one of them, as AWS seemed not to show it.
    repeats = before.settled_just_now(now_ms)
    restores = bool(set(calls) - SCHEDULE_CALLS) and not before.pending and before.asked is None and not repeats
    if restores and not found:
        found.append(new_change("restored", now_ms, by=SLUICE, reason=", ".join(call.value for call in calls)))
    return found
