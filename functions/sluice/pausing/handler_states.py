"""Handlers' states: read what AWS shows and what is recorded, decide, and make AWS as decided.

The rule itself is in `decision`. This module adds the order of writes and calls, so that one that is cut off anywhere
is finished by the next run of the reconciler.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from dataclasses import dataclass

from .changing import StateWriter
from .decision import Decision, decide
from .history import LIFTED, MAX_REASON, SLUICE, Change, changes_between, new_change
from .observed import HandlerResources, StateReader
from .record_store import ConflictError, RecordStore
from .state import RECEIVING, SCHEDULE_CALLS, SWITCHES, Observed, Record

Clock = Callable[[], float]
"""Returns seconds since 1970."""

_TRIES = 5
"""Attempts to mark a record as pending, against others that write it."""


@dataclass(frozen=True)
class Snapshot:
    """A handler's state at one moment, and what to do about it. Both may be stale by the time that it is applied.

    Attributes:
        resources: the handler's AWS resources, with what AWS shows of their state.
        record: the record as it was read.
        decision: the calls to make, and the record that follows.
    """

    resources: HandlerResources
    record: Record
    decision: Decision

    @property
    def handler(self) -> str:
        """The handler's name."""
        return self.resources.handler

    @property
    def observed(self) -> Observed:
        """The state that AWS shows."""
        return self.resources.observed


class HandlerStates:
    """The states of a stage's handlers.

    Args:
        reader: reads the state of the handlers' functions, mappings and schedules.
        writer: changes it.
        records: the handlers' records.
        clock: returns seconds since 1970.
    """

    def __init__(self, reader: StateReader, writer: StateWriter, records: RecordStore, clock: Clock) -> None:
        self.reader = reader
        self.writer = writer
        self.records = records
        self.clock = clock

    def now_ms(self) -> int:
        """Return milliseconds since 1970."""
        return int(self.clock() * 1000)

    def read(
        self, handlers: Collection[str] | None = None, *, tagged: str | None = None, untagged: bool = False
    ) -> list[Snapshot]:
        """Read handlers' states and decide what to do about each.

        Args:
            handlers: only these; all of the stage's if left out.
            tagged: the value of the tag of a block that the caller has just set.
            untagged: True if the caller has just removed that tag.
        """
        # Records first, so that what AWS shows is never older than the record about it.
        records, blocked = self.records.all_and_blocked()
        now_ms = self.now_ms()
        snapshots = []
        for resources in self.reader.read(handlers, blocked=blocked):
            record = records.get(resources.handler, Record())
            observed = dataclasses.replace(resources.observed, tagged=tagged, untagged=untagged)
            found = dataclasses.replace(resources, observed=observed)
            snapshots.append(Snapshot(found, record, decide(observed, record, now_ms)))
        return snapshots

    def apply(self, snapshot: Snapshot, *, by_reconciler: bool = True) -> list[Change]:
        """Make the calls that were decided, and record the result.

        Args:
            snapshot: the handler's state and the decision.
            by_reconciler: True for the reconciler. It alone changes schedules; others leave those calls to it.

        Returns:
            The changes written to the history.

        Raises:
            ConflictError: somebody else has written the record since the snapshot. If they did so before the calls to
                the function and its mapping, none was made; if later, the record is pending, for the next run.
            botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: a call failed; the next run decides
                again from the state that is left.
        """
        handler, decision, record = snapshot.handler, snapshot.decision, snapshot.record
        if decision.wait:
            return []
        skipped = [call for call in decision.calls if call in SCHEDULE_CALLS and not by_reconciler]
        desired = decision.desired
        if skipped:
            desired = dataclasses.replace(desired, ticks_off=record.ticks_off)
        changes = changes_between(record, desired, decision.calls, self.now_ms())
        newly_stopped = (desired.paused and not record.paused) or (desired.block is not None and record.block is None)
        newly_off = desired.ticks_off and not record.ticks_off
        calls_function = not SCHEDULE_CALLS.issuperset(decision.calls)
        written: list[Change] = []
        if (newly_stopped and decision.calls) or newly_off:
            # Recorded before the calls: if it is cut off between them, the next run knows why they were made.
            written = [change for change in changes if change.what != LIFTED]
            changes = [change for change in changes if change.what == LIFTED]
            record = self.records.put(handler, _with_stops(record, desired), record, written)
        elif calls_function:
            # The write fails if somebody else wrote since the snapshot, such as a block: nothing starts against it.
            record = self.records.put(handler, record, record)
        for call in decision.calls:
            if call not in skipped:
                self.writer.call(snapshot.resources, call, block=desired.block, cap=desired.cap)
                if call in SWITCHES:
                    self._note_repair(snapshot)
        if calls_function:
            desired = dataclasses.replace(desired, settled_ms=self.now_ms())
        if calls_function or dataclasses.replace(desired, revision=record.revision) != record:
            try:
                self.records.put(handler, desired, record, changes)
            except ConflictError:
                if calls_function:
                    self.mark_pending(handler)
                raise
            written += changes
        return written

    def repair(self, snapshot: Snapshot) -> bool:
        """Put a mapping's settings back as they were deployed, unless the calls that were decided do so.

        IAM lets the reconciler change no mapping with the tag of a block; then the end of the block does it.

        Returns:
            True if it was done.

        Raises:
            ConflictError: somebody else has written the record since the snapshot; nothing was done.
            botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: the call failed, and so did nothing.
        """
        decision, record = snapshot.decision, snapshot.record
        blocked = decision.desired.block is not None or snapshot.observed.mapping_block is not None
        # For a minute after a switch nobody knows whether the mapping receives, and the call has to say so.
        if snapshot.resources.repair is None or blocked or decision.calls or record.settled_just_now(self.now_ms()):
            return False
        # The write fails if somebody else wrote since the snapshot: nothing is enabled against a pause.
        self.records.put(snapshot.handler, record, record)
        enabled = snapshot.observed.mapping in RECEIVING and not decision.stopped
        self.writer.repair_mapping(snapshot.resources, enabled=enabled)
        self._note_repair(snapshot)
        return True

    def _note_repair(self, snapshot: Snapshot) -> None:
        repair = snapshot.resources.repair
        if repair:
            change = new_change("restored", self.now_ms(), by=SLUICE, reason=repair.reason[:MAX_REASON])
            self.records.amend(snapshot.handler, change)

    def mark_pending(self, handler: str) -> None:
        """Mark the record as pending, so that the next run makes AWS as recorded, whatever was called since."""
        for _ in range(_TRIES):
            record = self.records.get(handler)
            try:
                # Written even if it is pending already: the new revision makes others, which read AWS before these
                # calls and are about to clear the mark, fail and read again.
                self.records.put(handler, dataclasses.replace(record, pending=True), record)
            except ConflictError:
                continue
            return


def _with_stops(record: Record, desired: Record) -> Record:
    """Return the record to write before the first call: with all that stops the handler, and nothing that starts it."""
    stopped = dataclasses.replace(
        desired,
        pending=record.pending,
        deployment=record.deployment or desired.deployment,
        ticks_off=record.ticks_off or desired.ticks_off,
    )
    if desired.block is None:
        kept = {name: getattr(record, name) for name in ("block", "blocking", "asked", "block_deployment")}
        return dataclasses.replace(stopped, **kept)
    # A block that AWS shows counts, even if the command that sets it is cut off.
    return dataclasses.replace(stopped, block_deployment=record.block_deployment or desired.block_deployment)
