"""What a person asks for: pause, unpause, block, unblock. Each can be repeated until it has succeeded."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from botocore.exceptions import ClientError

from ..errors import SluiceError
from . import block_tag
from .decision import LEASE_OVER_MS, RECEIVING, Call, Record, holds
from .handler_states import HandlerStates, Snapshot
from .history import Change, block_found, new_change
from .record_store import ConflictError, same_block

_PATIENCE = 90.0
"""Seconds for a mapping that is between two states, in which AWS refuses to change it."""

BUSY = frozenset({"ResourceInUseException", "ResourceConflictException", "TooManyRequestsException"})
"""What AWS answers while it is still at work on a change before."""

_COMING_TO_REST = 45.0
"""Seconds for a mapping that is being disabled; how long that takes AWS does not say."""

_PAUSE = 1.0


class BlockedError(SluiceError):
    """An admin has blocked the handler.

    Attributes:
        handler: the handler's name.
    """

    def __init__(self, handler: str, value: str) -> None:
        self.handler = handler
        tag = block_tag.parse(value)
        said = f"{handler} is blocked"
        if tag.by:
            said += f" by {tag.by}"
        if tag.since:
            said += f" since {tag.since}"
        super().__init__(f"{said}: {tag.reason or 'no reason was given'}. Only an admin can lift that")


class NotPausableError(SluiceError, LookupError):
    """The handler has no function with a mapping from its queue."""

    def __init__(self, handler: str) -> None:
        super().__init__(
            f"{handler} has no function that receives from its queue: its event source mapping is missing. Deploy again"
        )


class StillChangingError(SluiceError):
    """AWS has not come to rest in time."""

    def __init__(self, handler: str) -> None:
        super().__init__(
            f"{handler} is being changed, by AWS or by someone else, and that has not ended yet; what you asked for is"
            " written down, and the reconciler finishes it within minutes. Or run the command again"
        )


class Commands:
    """The commands.

    Args:
        states: the states of the handlers.
        by: who gives them.
        sleep: waits for AWS.
    """

    def __init__(self, states: HandlerStates, by: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._states = states
        self._by = by
        self._sleep = sleep

    def pause(self, handler: str, reason: str | None, until_ms: int | None = None) -> Snapshot:
        """Stop a handler's events from starting, those running excepted.

        Under a block it is noted, and holds once the block is lifted.

        Args:
            handler: the handler's name.
            reason: why.
            until_ms: when it ends by itself, in milliseconds since 1970.

        Returns:
            How the handler is then.
        """

        def wanted(found: Snapshot, change: Change) -> Record:
            base = as_recorded(found)
            return dataclasses.replace(
                base,
                paused=True,
                by=self._by,
                since_ms=base.since_ms if base.paused else change.at_ms,
                reason=reason,
                until_ms=until_ms,
                pending=True,
                lease_ms=None if base.lease_ms is None else LEASE_OVER_MS,
            )

        self._write_down(handler, wanted, "paused", reason, until_ms)
        self._stop_receiving(handler)
        return self._finish(handler)

    def unpause(self, handler: str, reason: str | None) -> Snapshot:
        """Let a handler's events start.

        Raises:
            BlockedError: that is not for the caller to decide.
        """

        def wanted(found: Snapshot, _: Change) -> Record | None:
            block = found.decision.desired.block
            if block is not None:
                raise BlockedError(handler, block)
            stopped = found.decision.stopped or found.record.paused or found.record.pending
            if not stopped and found.record.block is None and found.observed.mapping in RECEIVING:
                return None
            return dataclasses.replace(as_recorded(found).running(), pending=True)

        self._write_down(handler, wanted, "unpaused", reason)
        return self._finish(handler)

    def block(self, handler: str, reason: str | None) -> Snapshot:
        """Stop a handler's events from starting, until an admin says otherwise."""
        value = block_tag.value_of(self._states.now_ms(), self._by, reason)

        def wanted(found: Snapshot, change: Change) -> Record:
            # A block that is there already stays, should this be cut off; a new one only counts once it is there. What
            # one that has just been lifted has left behind is no pause, also then.
            blocking: str | None = "block"
            if holds(found.observed, found.record):
                blocking = "block again" if found.decision.desired.block is None else None
            return dataclasses.replace(as_recorded(found), block=value, blocking=blocking, asked=vars(change))

        found = self._write_down(handler, wanted, "blocked", reason, once_allowed=True)
        # From here on it is blocked, and only an admin can undo what the rest does.
        self._states.functions.call(found.resources, Call.TAG_FUNCTION, value)
        return self._finish(handler, also_blocked=True)

    def unblock(self, handler: str, reason: str | None) -> Snapshot:
        """Lift a block. A handler that was also paused stays so."""

        def wanted(found: Snapshot, change: Change) -> Record | None:
            if found.observed.block is None and not holds(found.observed, found.record):
                # There is none. One that was asked for and never came to be is forgotten.
                never = dataclasses.replace(as_recorded(found), block=None, blocking=None, asked=None)
                return None if found.record.block is None else never
            # The block stays in the record until all is undone: so the concurrency is known to be the block's.
            block = found.observed.block or found.record.block
            return dataclasses.replace(as_recorded(found), block=block, blocking="unblock", asked=vars(change))

        found = self._write_down(handler, wanted, "unblocked", reason, once_allowed=True)
        if found.observed.block is not None:
            self._states.functions.untag(found.resources)
        return self._finish(handler, also_blocked=True)

    def _write_down(
        self,
        handler: str,
        wanted: Callable[[Snapshot, Change], Record | None],
        what: str,
        reason: str | None,
        until_ms: int | None = None,
        *,
        once_allowed: bool = False,
    ) -> Snapshot:
        """Write down what is wanted, before anything is done: cut off from here on, the reconciler does it.

        What needs an admin goes into the history later, once AWS has allowed it.
        """
        deadline = self._states.clock() + _PATIENCE
        while True:
            found = self._look(handler)
            change = new_change(what, self._states.now_ms(), by=self._by, reason=reason, until_ms=until_ms)
            record = wanted(found, change)
            if record is None:
                return found
            try:
                told = [] if once_allowed else [change]
                if record.block is not None and found.record.block is None and found.observed.block is not None:
                    told = [block_found(found.observed.block, change.at_ms - 1), *told]
                self._states.records.put(handler, record, found.record, told)
            except ConflictError:
                self._wait(handler, deadline)
            else:
                return found

    def _finish(self, handler: str, *, also_blocked: bool = False) -> Snapshot:
        deadline = self._states.clock() + _PATIENCE
        while True:
            found = self._look(handler)
            settled = found.decision.desired
            if not also_blocked and (settled.block is not None or not same_block(settled, found.record)):
                # The block keeps it stopped. What is to be written of a block is not for the caller to write.
                return found
            try:
                self._states.apply(found, by_reconciler=False)
            except ConflictError:
                self._wait(handler, deadline)
            except ClientError as error:
                if error.response["Error"]["Code"] not in BUSY:
                    raise
                self._wait(handler, deadline)
            else:
                return self._look(handler)

    def _stop_receiving(self, handler: str) -> None:
        """Disable the mapping and wait until it is: what it has received until then runs, and loses no receive.

        The concurrency comes after that. Should it take too long, or this be cut off, it comes all the same.
        """
        deadline = self._states.clock() + _COMING_TO_REST
        ours = False
        while self._states.clock() < deadline:
            found = self._look(handler)
            settled = found.decision.desired
            if settled.block is None and not settled.paused:
                # Somebody has unpaused it since: that counts, and what was disabled after it is taken back.
                if ours:
                    self._states.mark_pending(handler)
                return
            if settled.block is not None or found.observed.mapping == "Disabled":
                return
            if found.observed.mapping in RECEIVING:
                try:
                    self._states.functions.call(found.resources, Call.DISABLE_MAPPING, None)
                    ours = True
                    continue
                except ClientError as error:
                    if error.response["Error"]["Code"] not in BUSY:
                        raise
            self._sleep(_PAUSE)

    def _look(self, handler: str) -> Snapshot:
        looked = self._states.read([handler])
        if not looked:
            raise NotPausableError(handler)
        return looked[0]

    def _wait(self, handler: str, deadline: float) -> None:
        if self._states.clock() >= deadline:
            raise StillChangingError(handler)
        self._sleep(_PAUSE)


def as_recorded(found: Snapshot) -> Record:
    """The record, with the pause as it is now. Of the rest, nothing counts as done before it is done."""
    settled = found.decision.desired
    pause = {name: getattr(settled, name) for name in ("paused", "by", "since_ms", "reason", "until_ms")}
    return dataclasses.replace(found.record, **pause, deployment=found.record.deployment or settled.deployment)
