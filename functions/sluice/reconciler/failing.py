"""Pauses handlers that asked in app.py to be paused once so many of their runs have failed (`pause_on_failures`)."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..pausing.commands import record_to_change
from ..pausing.history import SLUICE, new_change
from ..pausing.record_store import ConflictError
from ..traces.failure_counter import FailureCounter, is_reached

if TYPE_CHECKING:
    from ..pausing.handler_states import HandlerStates, Snapshot

_ROWS_A_READ = 100
"""DynamoDB's limit of keys for BatchGetItem."""

_logger = logging.getLogger("sluice.reconciler")


class FailingHandlers:
    """The handlers of one stage that pause themselves.

    Args:
        states: the states of the stage's handlers.
        counter: counts failures.
        tell: called with the number of handlers that were paused.
    """

    def __init__(self, states: HandlerStates, counter: FailureCounter, tell: Callable[[int], None]) -> None:
        self._states = states
        self._counter = counter
        self._tell = tell

    def pause(self, snapshots: Sequence[Snapshot]) -> list[str]:
        """Record the pause of those that have reached their limit. `HandlerStates.apply` then makes the calls.

        Args:
            snapshots: the handlers' states.

        Returns:
            The names of those that are to be paused now.
        """
        limited = [snapshot for snapshot in snapshots if snapshot.resources.failure_limit is not None]
        paused = []
        for start in range(0, len(limited), _ROWS_A_READ):
            some = limited[start : start + _ROWS_A_READ]
            rows = self._counter.rows([snapshot.handler for snapshot in some])
            paused += [one.handler for one in some if one.handler in rows and self._pause(one, rows[one.handler])]
        if paused:
            self._tell(len(paused))
        return paused

    def _pause(self, snapshot: Snapshot, row: object) -> bool:
        handler, limit = snapshot.handler, snapshot.resources.failure_limit
        if limit is None or not is_reached(row, limit, self._states.clock()):  # type: ignore[arg-type]
            return False
        stopped = snapshot.decision.stopped or snapshot.record.pending or snapshot.record.blocking is not None
        if not stopped:
            now_ms, reason = self._states.now_ms(), limit.in_words()
            record = dataclasses.replace(
                record_to_change(snapshot),
                paused=True,
                by=SLUICE,
                since_ms=now_ms,
                reason=reason,
                until_ms=None,
                pending=True,
            )
            cap = snapshot.decision.desired.cap
            change = new_change("paused", now_ms, by=SLUICE, reason=reason, concurrency=cap)
            try:
                self._states.records.put(handler, record, snapshot.record, [change])
            except ConflictError:
                # Somebody has paused, unpaused or blocked it meanwhile. The next run looks again.
                return False
            _logger.info("%s: paused: %s", handler, reason)
        # What ran when it was paused fails too, and must not count once the handler starts again.
        self._counter.reset(handler)
        return not stopped
