"""Making AWS as it should be, handler by handler, and writing down that it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from dataclasses import dataclass

from .decision import SCHEDULE_CALLS, Decision, Observed, Record, decide
from .history import LIFTED, Change, changes_between
from .observed import Functions, Part
from .record_store import ConflictError, RecordStore

Clock = Callable[[], float]
"""Gives seconds since 1970."""


@dataclass(frozen=True)
class Looked:
    """A handler as it was found.

    Attributes:
        part: what AWS shows.
        record: what was last written.
        decision: what to do about it.
    """

    part: Part
    record: Record
    decision: Decision

    @property
    def seen(self) -> Observed:
        """What AWS shows of its state."""
        return self.part.seen


@dataclass(frozen=True)
class Settled:
    """What came of settling a handler.

    Attributes:
        found: how it was found.
        record: what is written now.
        changes: what went into the history.
        done: whether nothing is left to do.
    """

    found: Looked
    record: Record
    changes: tuple[Change, ...]
    done: bool


class Stage:
    """The handlers of a stage, as far as pausing goes.

    Args:
        functions: their functions.
        records: their records.
        clock: gives seconds since 1970.
    """

    def __init__(self, functions: Functions, records: RecordStore, clock: Clock) -> None:
        self.functions = functions
        self.records = records
        self.clock = clock

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock() * 1000)

    def look(self, handlers: Collection[str] | None = None) -> list[Looked]:
        """See how handlers are.

        Args:
            handlers: only these; all if left out.
        """
        # The records first: what AWS shows is then never older than what was written about it.
        records, blocked = self.records.all_and_blocked()
        now_ms = self.now_ms()
        looked = []
        for part in self.functions.all(handlers, blocked=blocked):
            record = records.get(part.handler, Record())
            looked.append(Looked(part, record, decide(part.seen, record, now_ms)))
        return looked

    def settle(self, found: Looked, *, by_reconciler: bool = True) -> Settled:
        """Do what was decided about a handler, and write it down.

        Args:
            found: how it was found.
            by_reconciler: whether the reconciler asks, which alone changes schedules.

        Raises:
            ConflictError: somebody else has settled it in the meantime.
            botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: a call failed; what is left is
                decided again from what there is.
        """
        decision, record = found.decision, found.record
        left = [call for call in decision.calls if call in SCHEDULE_CALLS and not by_reconciler]
        settled = decision.settled
        if left:
            settled = dataclasses.replace(settled, ticks_off=record.ticks_off)
        changes = changes_between(record, settled, decision.calls, self.now_ms())
        newly_stopped = (settled.paused and not record.paused) or (settled.block is not None and record.block is None)
        newly_off = settled.ticks_off and not record.ticks_off
        if (newly_stopped and decision.calls) or newly_off:
            # Cut off after this, what it disabled is known to be disabled for this.
            written = [change for change in changes if change.what != LIFTED]
            changes = [change for change in changes if change.what == LIFTED]
            record = self.records.put(found.part.handler, _begun(record, settled), record, written)
        else:
            written = []
            if not SCHEDULE_CALLS.issuperset(decision.calls):
                # Whoever has written something down since, such as a block, is heard.
                record = self.records.put(found.part.handler, record, record)
        for call in decision.calls:
            if call not in left:
                self.functions.call(found.part, call, settled.block)
        called = not SCHEDULE_CALLS.issuperset(decision.calls)
        if called or dataclasses.replace(settled, revision=record.revision) != record:
            try:
                record = self.records.put(found.part.handler, settled, record, changes)
            except ConflictError:
                if called:
                    self.take_back(found.part.handler)
                raise
            written = [*written, *changes]
        return Settled(found, record, tuple(written), done=not left)

    def take_back(self, handler: str) -> None:
        """Have what is on record count, whatever was called since it was written."""
        for _ in range(5):
            record = self.records.get(handler)
            try:
                # Also if it is pending: whoever is about to say that it is settled has looked before these calls.
                self.records.put(handler, dataclasses.replace(record, pending=True), record)
            except ConflictError:
                continue
            return


def _begun(record: Record, settled: Record) -> Record:
    """What is written before the first call: all that stops, and nothing yet of what starts."""
    begun = dataclasses.replace(
        settled,
        pending=record.pending,
        deployment=record.deployment or settled.deployment,
        ticks_off=record.ticks_off or settled.ticks_off,
    )
    if settled.block is None:
        kept = {name: getattr(record, name) for name in ("block", "blocking", "asked", "block_deployment")}
        return dataclasses.replace(begun, **kept)
    # A block that has been seen is there, whatever becomes of the command.
    return dataclasses.replace(begun, block_deployment=record.block_deployment or settled.block_deployment)
