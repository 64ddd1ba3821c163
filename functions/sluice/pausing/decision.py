"""What to do about a handler's state: a pure function of what AWS shows and of what was last settled.

AWS alone cannot tell it all. A reserved concurrency of 0 may be a pause, or the block's; one that is gone may have
been removed by a person, or by a deployment. So what was last settled is kept in a record, and what a command wants
is written there before its first call: a command that is cut off is finished by the next run of the reconciler.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum
from typing import Any

RECEIVING = frozenset({"Creating", "Enabling", "Enabled", "Updating"})
"""States of an event source mapping in which it receives, or may."""

UNDER_WAY = "under way"
"""In the place of a deployment's mark, of what was first settled during one."""

ONE = 1
"""The reserved concurrency with which one event runs while all others wait."""

THROTTLED = "its reserved concurrency was set to 0"
UNTHROTTLED = "its reserved concurrency was removed"
DUE = "paused until then"
"""Reasons of what nobody gave a reason for."""


class Call(Enum):
    """A call that changes AWS."""

    TAG_FUNCTION = "tag the function as blocked, again"
    TAG_MAPPING = "tag the mapping as blocked"
    UNTAG_MAPPING = "take the tag off the mapping"
    DISABLE_MAPPING = "disable the mapping"
    ENABLE_MAPPING = "enable the mapping"
    SET_ZERO = "set the function's reserved concurrency to 0"
    RELEASE = "remove the function's reserved concurrency"
    DISABLE_SCHEDULE = "disable the cron's schedule"
    ENABLE_SCHEDULE = "enable the cron's schedule"


UNBLOCKING_MS = 90_000
"""How long an unblock may take from what it writes down to its first call; it is retried for as long."""

LEASE_OVER_MS = 1
"""A lease that has run out long ago: its reserved concurrency is yet to be taken back."""

STARTS = frozenset({Call.RELEASE, Call.ENABLE_MAPPING})
"""What lets events start. It is never done on what was observed before somebody else wrote something down."""

SCHEDULE_CALLS = frozenset({Call.DISABLE_SCHEDULE, Call.ENABLE_SCHEDULE})
"""The reconciler's alone: whoever may change a schedule may change what it does."""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What AWS shows of a handler.

    Attributes:
        concurrency: the function's reserved concurrency; None if it has none.
        mapping: the state of its event source mapping.
        block: the value of the function's tag; None if it has none.
        mapping_block: the same of the mapping's tag.
        schedule: `ENABLED` or `DISABLED`; None if it is no cron.
        missed: what becomes of a cron's ticks during a pause: `skip` or `queue`; None if its schedule is not ours to
            change.
        deployment: what tells one deployment of the stack from another; None while one is under way.
    """

    concurrency: int | None = None
    mapping: str = "Enabled"
    block: str | None = None
    mapping_block: str | None = None
    schedule: str | None = None
    missed: str | None = None
    deployment: str | None = None


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is wanted of a handler, and what was last settled.

    Attributes:
        paused: whether it is to be paused, block or no block.
        by: who paused it; None if AWS has not told.
        since_ms: when that was, in milliseconds since 1970.
        reason: why.
        until_ms: when the pause ends by itself.
        pending: whether a command has yet to be finished. Until it is, what it wants counts, whatever AWS shows.
        block: the value of the tag that was last observed, or that a command is about to set.
        blocking: whether a command is at work on the block: `block`, `block again` (where one was lifted and not all
            of it was undone), `unblock` or None.
        asked: what that command is, for the history, should it get as far as it must to count.
        block_deployment: the deployment at which the block was settled.
        deployment: the deployment at which the pause was settled.
        lease_ms: until when one event may run although the handler is paused, with a reserved concurrency of 1.
        ticks_off: whether the cron's schedule was disabled for this, and is to be enabled again.
        revision: counts the writes.
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
    revision: int = 0

    def running(self) -> Record:
        """The record of the handler without its pause."""
        return dataclasses.replace(self, paused=False, by=None, since_ms=None, reason=None, until_ms=None)

    @property
    def cut_off(self) -> bool:
        """Whether a block was asked for that may never have come to be."""
        return self.blocking == "block"


@dataclass(frozen=True)
class Decision:
    """What to do.

    Attributes:
        calls: what to call, in this order; what fails ends it.
        desired: the record for when all calls have succeeded. Until it is written, the same is decided again.
        stopped: whether no event is to start.
        unsafe: whether events are being received for a function that is throttled.
    """

    calls: tuple[Call, ...]
    desired: Record
    stopped: bool
    unsafe: bool


def decide(observed: Observed, record: Record, now_ms: int) -> Decision:
    """Say what to do about a handler.

    Args:
        observed: what AWS shows.
        record: what was last written down.
        now_ms: milliseconds since 1970.
    """
    block = observed.block
    if block is None and record.blocking is None and _deployed_since(record.block_deployment, observed):
        block = record.block
    wanted = _with_pause(observed, record, now_ms)
    wanted = dataclasses.replace(wanted, block=block)
    if not _being_lifted(observed, record, now_ms):
        wanted = dataclasses.replace(wanted, blocking=None, asked=None)
    stopped = wanted.paused or block is not None
    calls = _calls(observed, record, wanted, now_ms) + _ticks(observed, record, stopped=stopped)
    desired = dataclasses.replace(
        wanted,
        pending=False,
        lease_ms=record.lease_ms if wanted.paused and block is None and leased(record, now_ms) else None,
        ticks_off=stopped
        and (record.ticks_off or Call.DISABLE_SCHEDULE in calls)
        and Call.ENABLE_SCHEDULE not in calls,
        # While one is under way, what counts is the deployment before it.
        deployment=(observed.deployment or record.deployment or UNDER_WAY) if stopped else None,
        block_deployment=(observed.deployment or record.block_deployment or UNDER_WAY) if block is not None else None,
    )
    return Decision(
        calls=tuple(calls),
        desired=desired,
        stopped=stopped,
        unsafe=observed.concurrency == 0 and observed.mapping in RECEIVING,
    )


def _being_lifted(observed: Observed, record: Record, now_ms: int) -> bool:
    """Whether an admin's command may be about to take the tag off: then what it wants is not to be forgotten."""
    asked_ms = (record.asked or {}).get("at_ms", 0)
    return record.blocking == "unblock" and observed.block is not None and now_ms - asked_ms < UNBLOCKING_MS


def _deployed_since(deployment: str | None, observed: Observed) -> bool:
    """Whether a deployment may have changed what nobody asked it to. One that is still under way may yet do so."""
    return deployment is not None and observed.deployment != deployment


def _with_pause(observed: Observed, record: Record, now_ms: int) -> Record:
    """The record with the pause as it is wanted now."""
    if record.paused and record.until_ms is not None and record.until_ms <= now_ms:
        return record.running()
    if record.pending or holds(observed, record):
        # A command's wish; or the concurrency is the block's, and says nothing of a pause.
        return record
    if observed.concurrency == 0 and not record.paused:
        return dataclasses.replace(record, paused=True, since_ms=now_ms, reason=THROTTLED)
    # With a lease, it was us who let one event run.
    throttled = observed.concurrency == 0 or (record.lease_ms is not None and observed.concurrency == ONE)
    if record.paused and not throttled and not _deployed_since(record.deployment, observed):
        return record.running()
    return record


def holds(observed: Observed, record: Record) -> bool:
    """Whether a block on record may have set the concurrency. It tags function and mapping before that."""
    begun = not record.cut_off or observed.mapping_block is not None or record.block == observed.block
    return record.block is not None and begun


def leased(record: Record, now_ms: int) -> bool:
    """Whether one event may run although the handler is paused."""
    return record.lease_ms is not None and now_ms < record.lease_ms


def _calls(observed: Observed, record: Record, wanted: Record, now_ms: int) -> list[Call]:
    if wanted.block is not None:
        # The tags first: from then on nobody but an admin can undo what follows.
        tags = [Call.TAG_FUNCTION] if observed.block is None else []
        if observed.mapping_block is None:
            tags.append(Call.TAG_MAPPING)
        return tags + _stop(observed)
    if wanted.paused:
        untag = [Call.UNTAG_MAPPING] if observed.mapping_block is not None else []
        one_runs = observed.concurrency == ONE and leased(record, now_ms)
        return untag + [call for call in _stop(observed) if call is not Call.SET_ZERO or not one_runs]
    calls = [Call.UNTAG_MAPPING] if observed.mapping_block is not None else []
    # A mapping that nobody paused here was disabled by someone who meant it.
    if record.paused or record.block is not None or record.pending:
        calls += _start(observed, ours=record.lease_ms is not None)
    return calls


def _ticks(observed: Observed, record: Record, *, stopped: bool) -> list[Call]:
    if stopped and observed.missed == "skip":
        return [Call.DISABLE_SCHEDULE] if observed.schedule == "ENABLED" else []
    # One that was disabled by someone else stays so.
    ours = record.ticks_off and observed.missed is not None
    return [Call.ENABLE_SCHEDULE] if ours and observed.schedule == "DISABLED" else []


def _stop(observed: Observed) -> list[Call]:
    """The mapping first: one that receives for a function that is throttled loses events their receives."""
    calls = []
    if observed.mapping in RECEIVING:
        calls.append(Call.DISABLE_MAPPING)
    if observed.concurrency != 0:
        calls.append(Call.SET_ZERO)
    return calls


def _start(observed: Observed, *, ours: bool) -> list[Call]:
    """The reverse. A concurrency of 1 goes, too, if it is ours: whoever let one event run may be gone."""
    calls = []
    if observed.concurrency == 0 or (ours and observed.concurrency == ONE):
        calls.append(Call.RELEASE)
    if observed.mapping not in RECEIVING:
        calls.append(Call.ENABLE_MAPPING)
    return calls
