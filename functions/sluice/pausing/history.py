"""What happened to a handler's state: the changes, each in an item of its own, kept as long as the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..event import ids
from ..stage.names import HISTORY
from ..traces.trace import iso
from .block_tag import parse
from .decision import DUE, SCHEDULE_CALLS, UNTHROTTLED, Call, Record

LIFTED = "unblocked"
"""What a change is that ends a block."""

MAX_REASON = 1_000
"""Characters of a reason. It stands in every record and on every line that says why."""

SLUICE = "sluice"
"""Who did what nobody did by hand."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change.

    Attributes:
        id: the change's, sorted by time.
        what: `paused`, `unpaused`, `blocked`, `unblocked`; or `restored`, of a state that something else had changed.
        at_ms: when, in milliseconds since 1970.
        by: who; None if AWS has not told.
        reason: why.
        until_ms: when the pause is to end by itself.
    """

    id: str
    what: str
    at_ms: int
    by: str | None = None
    reason: str | None = None
    until_ms: int | None = None

    def printed(self) -> dict[str, Any]:
        """The change as it is printed."""
        return {
            "at": iso(self.at_ms),
            "change": self.what,
            "by": self.by,
            "reason": self.reason,
            "until": iso(self.until_ms),
        }


def new_change(
    what: str, now_ms: int, *, by: str | None = None, reason: str | None = None, until_ms: int | None = None
) -> Change:
    """A change that happens now."""
    return Change(id=ids.new_id(now_ms / 1000), what=what, at_ms=now_ms, by=by, reason=reason, until_ms=until_ms)


def to_item(handler: str, change: Change) -> dict[str, Any]:
    """The DynamoDB item. It has no time to live: who stopped what may be asked years later."""
    item: dict[str, Any] = {
        "pk": {"S": HISTORY + handler},
        "sk": {"S": change.id},
        "what": {"S": change.what},
        "at_ms": {"N": str(change.at_ms)},
    }
    for name in ("by", "reason"):
        if getattr(change, name) is not None:
            item[name] = {"S": getattr(change, name)}
    if change.until_ms is not None:
        item["until_ms"] = {"N": str(change.until_ms)}
    return item


def from_item(item: Any) -> Change | None:
    """The change in an item; None if there is none that anybody could read."""
    try:
        return Change(
            id=item["sk"]["S"],
            what=item["what"]["S"],
            at_ms=int(item["at_ms"]["N"]),
            by=item.get("by", {}).get("S"),
            reason=item.get("reason", {}).get("S"),
            until_ms=int(item["until_ms"]["N"]) if "until_ms" in item else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def block_found(value: str, now_ms: int) -> Change:
    """A block that nobody has told of: its tag does.

    Args:
        value: the tag's.
        now_ms: milliseconds since 1970.
    """
    tag = parse(value)
    return new_change("blocked", now_ms, by=tag.by, reason=tag.reason)


def changes_between(before: Record, after: Record, calls: tuple[Call, ...], now_ms: int) -> list[Change]:
    """What the reconciler found to have happened, or did.

    Args:
        before: the record as it was.
        after: the record as it is settled.
        calls: what was called.
        now_ms: milliseconds since 1970.
    """
    found = []
    asked = Change(**before.asked) if before.asked is not None else None
    # Whatever was asked for counts once the tag is as asked.
    if asked is not None and after.block == (before.block if asked.what == "blocked" else None):
        found.append(asked)
    elif after.block is not None and (before.block is None or (before.cut_off and after.block != before.block)):
        found.append(block_found(after.block, now_ms))
    elif before.block is not None and after.block is None and not before.cut_off:
        found.append(new_change(LIFTED, now_ms, reason="its tag was removed"))
    if after.paused and not before.paused:
        found.append(new_change("paused", now_ms, by=after.by, reason=after.reason))
    if before.paused and not after.paused:
        due = before.until_ms is not None and before.until_ms <= now_ms
        found.append(new_change("unpaused", now_ms, by=SLUICE if due else None, reason=DUE if due else UNTHROTTLED))
    unasked = set(calls) - SCHEDULE_CALLS
    if unasked and not found and not before.pending and before.asked is None:
        found.append(new_change("restored", now_ms, by=SLUICE, reason=", ".join(call.value for call in calls)))
    return found
