"""The reconciler: every minute, and when AWS reports a change, it makes each handler's state as decided.

It decides nothing itself: `pausing.decision` has the rule for handlers, and `retention.turns` the work on their queues.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from ..pausing.changing import is_busy
from ..pausing.cloudtrail import add_user, user_change_of
from ..pausing.handler_states import HandlerStates, Snapshot
from ..pausing.record_store import ConflictError
from ..retention.budget import MOVES_PER_RUN, Budget
from ..retention.turns import RUN_SECONDS, Clients, QueueWork
from ..stage.names import Names, is_handler
from .failing import FailingHandlers
from .watch import Watch

_logger = logging.getLogger("sluice.reconciler")

FAILING_KEY = "failing"
"""Key in the payload of a worker's call: a handler whose runs fail, to look at first."""

UPKEEP = "upkeep"
"""Key in the payload of the schedule's runs: those look after the queues too. Others do so only after a throttle."""


REPAIRED = "put the mapping's settings back"
"""Stands among the calls for the one that does so."""


class ReconcilerError(Exception):
    """Some handlers could not be looked after. The next run tries again; if that fails too, an alarm fires."""


class Reconciler:
    """The reconciler of one stage.

    Args:
        names: the stage's names.
        states: the states of the stage's handlers.
        clients: clients of the other services.
        watch: writes metrics at the schedule's runs; None for none.
        failing: pauses handlers whose runs fail too often; None for none.
    """

    def __init__(
        self,
        names: Names,
        states: HandlerStates,
        clients: Clients,
        watch: Watch | None = None,
        failing: FailingHandlers | None = None,
    ) -> None:
        self._names = names
        self._failing = failing
        self._states = states
        self._watch = watch
        self._queues = QueueWork(names, states, clients)

    def run(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Run once.

        Args:
            event: the schedule's payload, an EventBridge event, or anything. Nothing in it changes what is done to a
                handler.

        Returns:
            `settled`: the calls made, by handler; `named`: True if the event gave a change its user; `moved`: the
            number of messages moved, by handler.

        Raises:
            ReconcilerError: some of it failed.
        """
        started = self._states.clock()
        failures: list[str] = []
        told = event.get(FAILING_KEY)
        if isinstance(told, str) and is_handler(told):
            # Now, and not after all others: each second costs a handler that fails its events.
            self._pause_failing(self._states.read([told]), failures)
        snapshots = self._pause_failing(self._states.read(), failures)
        settled = {}
        for snapshot in snapshots:
            calls = self._apply(snapshot, failures)
            if calls:
                settled[snapshot.handler] = calls
        if self._watch:
            changed = sum(snapshot.resources.repair is not None for snapshot in snapshots)
            self._watch.count_changed_mappings(changed, self._states.now_ms())
        user_change = user_change_of(event, self._names)
        named = add_user(user_change, self._states.records) if user_change else False
        moved: dict[str, int] = {}
        unsafe = {snapshot.handler for snapshot in snapshots if snapshot.decision.unsafe}
        if unsafe or event.get(UPKEEP) is True:
            budget = Budget(MOVES_PER_RUN, lambda: self._states.clock() - started > RUN_SECONDS)
            moved = self._queues.run(snapshots, unsafe, budget, failures, everything=event.get(UPKEEP) is True)
        if self._watch and event.get(UPKEEP) is True:
            try:
                self._watch.look(snapshots, self._states.now_ms())
                self._watch.tell_ages(self._queues.ages(snapshots, failures), self._states.now_ms())
            except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the work is done
                failures.append(f"metrics: {error!r}")
        if failures:
            raise ReconcilerError("; ".join(failures))
        return {"settled": settled, "named": named, "moved": moved}

    def _pause_failing(self, snapshots: list[Snapshot], failures: list[str]) -> list[Snapshot]:
        """Pause handlers that fail too often; return the handlers' states after that."""
        if self._failing is None:
            return snapshots
        try:
            paused = self._failing.pause(snapshots)
        except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the work is done
            failures.append(f"pausing what fails: {error!r}")
            return snapshots
        if not paused:
            return snapshots
        read_again = self._states.read(paused)
        for snapshot in read_again:
            self._apply(snapshot, failures)
        return [snapshot for snapshot in snapshots if snapshot.handler not in paused]

    def _apply(self, snapshot: Snapshot, failures: list[str]) -> list[str]:
        """Apply the decision about one handler. An error is added to the failures, and the others still get theirs."""
        handler = snapshot.handler
        try:
            changes = self._states.apply(snapshot)
            repaired = self._states.repair(snapshot)
        except ConflictError:
            _logger.info("%s: changed by someone else since it was read", handler)
            return []
        except ClientError as error:
            if is_busy(error):
                # AWS is still at work on an earlier change. The next run finds it done.
                _logger.info("%s: %s", handler, error)
            else:
                failures.append(f"{handler}: {error}")
            return []
        except Exception as error:  # noqa: BLE001 - no error of one handler may keep the others from their turn
            failures.append(f"{handler}: {error!r}")
            return []
        calls = [call.value for call in snapshot.decision.calls]
        if repaired:
            calls.append(REPAIRED)
        if calls or changes:
            _logger.info("%s: %s", handler, ", ".join([*calls, *(change.what for change in changes)]))
        return calls
