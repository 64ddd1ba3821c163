"""The reconciler: every minute, and whenever AWS tells of a change, all handlers as they should be."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from ..pausing.cloudtrail import add_user, user_change_of
from ..pausing.commands import BUSY
from ..pausing.handler_states import HandlerStates, Snapshot
from ..pausing.record_store import ConflictError
from ..retention.queue_pass import MOVES_A_RUN, Room
from ..retention.turns import RUN_SECONDS, Clients, Upkeep
from ..stage.names import Names

__all__ = ["UPKEEP", "Clients", "Reconciler", "ReconcilerError"]

_logger = logging.getLogger("sluice.reconciler")

UPKEEP = "upkeep"
"""In the payload of the schedule's runs: those that look after the queues, too."""


class ReconcilerError(Exception):
    """Some handlers could not be looked after. The next run tries again; an alarm rings if it cannot either."""


class Reconciler:
    """The reconciler of one stage.

    Args:
        names: of the stage.
        states: of its handlers.
        clients: what else there is to talk to.
    """

    def __init__(self, names: Names, states: HandlerStates, clients: Clients) -> None:
        self._names = names
        self._states = states
        self._queues = Upkeep(names, states, clients)

    def run(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Run once.

        Args:
            event: what it was called with: the schedule's payload, an EventBridge event, or anything. Nothing in it
                changes what is done to a handler.

        Returns:
            What was done.

        Raises:
            ReconcilerError: some of it failed.
        """
        started = self._states.clock()
        failures: list[str] = []
        looked = self._states.read()
        done = {}
        for found in looked:
            calls = self._settle(found, failures)
            if calls:
                done[found.handler] = calls
        act = user_change_of(event, self._names)
        named = add_user(act, self._states.records) if act else False
        moved: dict[str, int] = {}
        unsafe = {found.handler for found in looked if found.decision.unsafe}
        if unsafe or event.get(UPKEEP) is True:
            room = Room(MOVES_A_RUN, lambda: self._states.clock() - started > RUN_SECONDS)
            moved = self._upkeep(looked, unsafe, room, failures, everything=event.get(UPKEEP) is True)
        if failures:
            raise ReconcilerError("; ".join(failures))
        return {"settled": done, "named": named, "moved": moved}

    def _settle(self, found: Snapshot, failures: list[str]) -> list[str]:
        handler = found.handler
        try:
            changes = self._states.apply(found)
        except ConflictError:
            _logger.info("%s: settled by someone else", handler)
            return []
        except ClientError as error:
            if error.response["Error"]["Code"] in BUSY:
                # AWS is still at work on the change before. The next run finds it done.
                _logger.info("%s: %s", handler, error)
            else:
                failures.append(f"{handler}: {error}")
            return []
        except Exception as error:  # noqa: BLE001 - whatever it is, the other handlers are none the worse for it
            failures.append(f"{handler}: {error!r}")
            return []
        calls = [call.value for call in found.decision.calls]
        if calls or changes:
            _logger.info("%s: %s", handler, ", ".join([*calls, *(change.what for change in changes)]))
        return calls

    def _upkeep(
        self, looked: Sequence[Snapshot], unsafe: set[str], room: Room, failures: list[str], *, everything: bool
    ) -> dict[str, int]:
        return self._queues.run(looked, unsafe, room, failures, everything=everything)
