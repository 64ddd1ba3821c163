"""The commands: pause, unpause, block and unblock. Each can be repeated until it has succeeded.

A command writes what it wants into the handler's record, and then applies what `decision.decide` makes of that.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from botocore.exceptions import ClientError

from . import block_tag
from .changing import is_busy
from .decision import block_set_concurrency
from .errors import BlockedError, NotPausableError, StillChangingError
from .handler_states import HandlerStates, Snapshot
from .history import Change, block_found, new_change
from .record_store import ConflictError, same_block
from .state import AT_REST, LEASE_EXPIRED_MS, RECEIVING, Call, Record

_BUSY_SECONDS = 90.0
"""Seconds to retry while AWS refuses to change a mapping that is between two states, or others write the record."""

_DISABLING_SECONDS = 45.0
"""Seconds to wait for a mapping to be disabled. AWS does not document how long that takes."""

_RETRY_SECONDS = 1.0
"""Seconds between two tries."""


class Commands:
    """The commands of one user.

    Args:
        states: the states of the stage's handlers.
        by: the user.
        sleep: waits for AWS, for so many seconds.
    """

    def __init__(self, states: HandlerStates, by: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._states = states
        self._by = by
        self._sleep = sleep

    def pause(self, handler: str, reason: str | None, until_ms: int | None = None) -> Snapshot:
        """Stop a handler's events from starting. Events that run already run to their end.

        Under a block the pause is recorded, and holds once the block is lifted.

        Args:
            handler: the handler's name.
            reason: reason for the pause.
            until_ms: end of the pause, in milliseconds since 1970; None if it has none.

        Returns:
            The handler's state afterwards.

        Raises:
            NotPausableError: nothing receives for the handler.
            StillChangingError: it took too long; the reconciler finishes it.
            botocore.exceptions.ClientError: AWS refused a call.
        """

        def wanted(snapshot: Snapshot, change: Change) -> Record:
            record = record_to_change(snapshot)
            return dataclasses.replace(
                record,
                paused=True,
                by=self._by,
                since_ms=record.since_ms if record.paused else change.at_ms,
                reason=reason,
                until_ms=until_ms,
                pending=True,
                lease_ms=None if record.lease_ms is None else LEASE_EXPIRED_MS,
            )

        self._record(handler, wanted, "paused", reason, until_ms)
        self._stop_receiving(handler)
        return self._apply(handler)

    def unpause(self, handler: str, reason: str | None) -> Snapshot:
        """Let a handler's events start.

        Args:
            handler: the handler's name.
            reason: reason for the unpause.

        Returns:
            The handler's state afterwards.

        Raises:
            BlockedError: an admin has blocked the handler.
            NotPausableError: nothing receives for the handler.
            StillChangingError: it took too long; the reconciler finishes it.
            botocore.exceptions.ClientError: AWS refused a call.
        """

        def wanted(snapshot: Snapshot, _: Change) -> Record | None:
            block = snapshot.decision.desired.block
            if block is not None:
                raise BlockedError(handler, block)
            stopped = snapshot.decision.stopped or snapshot.record.paused or snapshot.record.pending
            if not stopped and snapshot.record.block is None and snapshot.observed.mapping in RECEIVING:
                return None
            return dataclasses.replace(record_to_change(snapshot).unpaused(), pending=True)

        self._record(handler, wanted, "unpaused", reason)
        return self._apply(handler)

    def block(self, handler: str, reason: str | None) -> Snapshot:
        """Stop a handler's events from starting until an admin lifts the block.

        Args:
            handler: the handler's name.
            reason: reason for the block.

        Returns:
            The handler's state afterwards.

        Raises:
            NotPausableError: nothing receives for the handler.
            StillChangingError: it took too long; the reconciler finishes it.
            botocore.exceptions.ClientError: AWS refused a call, as it does for all but admins.
        """
        value = block_tag.value_of(self._states.now_ms(), self._by, reason)

        def wanted(snapshot: Snapshot, change: Change) -> Record:
            # If this is cut off, a new block counts only if its tag was set, and one that holds already stays. After an
            # unblock that is not finished, the concurrency of 0 is still the old block's and not a pause.
            blocking: str | None = "block"
            if block_set_concurrency(snapshot.observed, snapshot.record):
                blocking = "block again" if snapshot.decision.desired.block is None else None
            return dataclasses.replace(record_to_change(snapshot), block=value, blocking=blocking, asked=vars(change))

        snapshot = self._record(handler, wanted, "blocked", reason, needs_admin=True)
        # From this call on the handler is blocked, and only an admin can undo the calls that follow.
        self._states.writer.call(snapshot.resources, Call.TAG_FUNCTION, block=value)
        return self._apply(handler, may_write_block=True, tagged=value)

    def unblock(self, handler: str, reason: str | None) -> Snapshot:
        """Lift a block. A handler that was also paused stays paused.

        Args:
            handler: the handler's name.
            reason: reason for lifting it.

        Returns:
            The handler's state afterwards.

        Raises:
            NotPausableError: nothing receives for the handler.
            StillChangingError: it took too long; the reconciler finishes it.
            botocore.exceptions.ClientError: AWS refused a call, as it does for all but admins.
        """

        def wanted(snapshot: Snapshot, change: Change) -> Record | None:
            observed, record = snapshot.observed, snapshot.record
            just_asked = record.block is not None and record.asked_just_now(change.at_ms)
            if observed.block is None and not block_set_concurrency(observed, record) and not just_asked:
                # There is no block. Forget one that was asked for and never set. A look within a minute of that may
                # be stale: then it is undone as if it had been set.
                forgotten = dataclasses.replace(record_to_change(snapshot), block=None, blocking=None, asked=None)
                return None if record.block is None else forgotten
            # The block stays on record until all of it is undone: its concurrency of 0 must not be taken for a pause.
            block = observed.block or record.block
            return dataclasses.replace(record_to_change(snapshot), block=block, blocking="unblock", asked=vars(change))

        snapshot = self._record(handler, wanted, "unblocked", reason, needs_admin=True)
        blocked = snapshot.observed.block is not None or snapshot.record.block is not None
        if blocked:
            # Also if AWS seems to show no tag: that read may be stale.
            self._states.writer.remove_block_tag(snapshot.resources)
        return self._apply(handler, may_write_block=True, untagged=blocked)

    def _record(
        self,
        handler: str,
        wanted: Callable[[Snapshot, Change], Record | None],
        what: str,
        reason: str | None,
        until_ms: int | None = None,
        *,
        needs_admin: bool = False,
    ) -> Snapshot:
        """Record what is wanted before any call: if the command is cut off after that, the reconciler finishes it.

        A change that needs an admin goes into the history later, once AWS has allowed it.
        """
        deadline = self._states.clock() + _BUSY_SECONDS
        while True:
            snapshot = self._read(handler)
            cap = snapshot.decision.desired.cap
            change = new_change(
                what, self._states.now_ms(), by=self._by, reason=reason, until_ms=until_ms, concurrency=cap
            )
            record = wanted(snapshot, change)
            if record is None:
                return snapshot
            changes = [] if needs_admin else [change]
            if record.block is not None and snapshot.record.block is None and snapshot.observed.block is not None:
                changes = [block_found(snapshot.observed.block, change.at_ms - 1), *changes]
            try:
                self._states.records.put(handler, record, snapshot.record, changes)
            except ConflictError:
                self._wait(handler, deadline, recorded=False)
            else:
                return snapshot

    def _apply(
        self, handler: str, *, may_write_block: bool = False, tagged: str | None = None, untagged: bool = False
    ) -> Snapshot:
        """Apply the decision, retrying while AWS is busy or others write."""
        deadline = self._states.clock() + _BUSY_SECONDS
        while True:
            snapshot = self._read(handler, tagged=tagged, untagged=untagged)
            if not may_write_block and _concerns_block(snapshot):
                # An operator may not write about a block, nor change a mapping with its tag. The reconciler does.
                return snapshot
            try:
                self._states.apply(snapshot, by_reconciler=False)
            except ConflictError:
                self._wait(handler, deadline, recorded=True)
            except ClientError as error:
                if not is_busy(error):
                    raise
                self._wait(handler, deadline, recorded=True)
            else:
                return self._read(handler, tagged=tagged, untagged=untagged)

    def _stop_receiving(self, handler: str) -> None:
        """Disable the mapping and wait until it is, so that events received until then run and lose no receive.

        The concurrency is set after that, even if this takes too long or is cut off.
        """
        deadline = self._states.clock() + _DISABLING_SECONDS
        disabled = False
        while self._states.clock() < deadline:
            snapshot = self._read(handler)
            desired = snapshot.decision.desired
            if desired.block is None and not desired.paused:
                # Somebody has unpaused it since. That counts, so the mapping must be enabled again if this disabled it.
                if disabled:
                    self._states.mark_pending(handler)
                return
            if desired.block is not None or snapshot.observed.mapping_block is not None:
                # IAM refuses operators to change a mapping with a block's tag, so the reconciler disables it.
                return
            if snapshot.observed.mapping in AT_REST:
                return
            if snapshot.observed.mapping in RECEIVING:
                try:
                    self._states.writer.call(snapshot.resources, Call.DISABLE_MAPPING)
                    disabled = True
                    continue
                except ClientError as error:
                    if not is_busy(error):
                        raise
            self._sleep(_RETRY_SECONDS)

    def _read(self, handler: str, *, tagged: str | None = None, untagged: bool = False) -> Snapshot:
        snapshots = self._states.read([handler], tagged=tagged, untagged=untagged)
        if not snapshots:
            raise NotPausableError(handler)
        return snapshots[0]

    def _wait(self, handler: str, deadline: float, *, recorded: bool) -> None:
        if self._states.clock() >= deadline:
            raise StillChangingError(handler, recorded=recorded)
        self._sleep(_RETRY_SECONDS)


def _concerns_block(snapshot: Snapshot) -> bool:
    """Return True if the handler is blocked, or something of a block is yet to be recorded or undone."""
    desired = snapshot.decision.desired
    observed = snapshot.observed
    tagged = desired.block is not None or observed.block is not None or observed.mapping_block is not None
    return tagged or not same_block(desired, snapshot.record)


def record_to_change(snapshot: Snapshot) -> Record:
    """Return the record for a command to change: as it was read, with the pause and the cap as decided.

    Nothing else of the decision is taken over, as none of its calls has been made.
    """
    desired = snapshot.decision.desired
    pause = {name: getattr(desired, name) for name in ("paused", "by", "since_ms", "reason", "until_ms", "cap")}
    deployment = snapshot.record.deployment or desired.deployment
    return dataclasses.replace(snapshot.record, **pause, deployment=deployment)
