"""A stage in memory: its functions and its trace table, and the pausing and reconciler that act on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sluice.pausing.changing import StateWriter
from sluice.pausing.handler_states import HandlerStates
from sluice.pausing.observed import StateReader
from sluice.pausing.pace import Pace
from sluice.pausing.record_store import RecordStore
from sluice.pausing.state import Record
from sluice.reconciler.reconciler import Reconciler
from sluice.retention.state import RetentionStore
from sluice.retention.turns import Clients

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import FakeAws, FakeClient, FakeFunction, Role
from tests.unit.support.fake_table import FakeTable, Items


class FakeStage:
    """The stage.

    Args:
        handlers: the handlers' names; one handler if left out.
        clock: returns seconds since 1970.
        slow: True if mappings take until `tick` to reach their next state.
    """

    def __init__(self, *handlers: str, clock: Callable[[], float], slow: bool = False) -> None:
        self.aws = FakeAws(*(handlers or (HANDLER,)), slow=slow)
        self.items: Items = {}
        table: Any = FakeTable(self.items)
        self.table = table
        self.retention = RetentionStore(self.table, self.aws.names.trace_table)
        self._clock = clock

    @property
    def function(self) -> FakeFunction:
        """The function of `HANDLER`."""
        return self.aws.functions[HANDLER]

    @property
    def record(self) -> Record:
        """The record of `HANDLER`."""
        return self.records.get(HANDLER)

    @property
    def records(self) -> RecordStore:
        """The records of all handlers."""
        return RecordStore(self.table, self.aws.names.trace_table)

    @property
    def history(self) -> list[tuple[str, str | None, str | None]]:
        """The changes of `HANDLER`, each with its user and reason, oldest first."""
        changes = self.records.history(HANDLER, 100)
        return [(change.what, change.by, change.reason) for change in reversed(changes)]

    def before_call(self, name: str) -> None:
        """Do nothing before a call that changes something; tests that cut programs off override it."""

    def wrap(self, client: Any) -> Any:
        """Return the client as it is; tests that interleave calls override it."""
        return client

    def states(self, role: Role = "reconciler") -> HandlerStates:
        """Return the handlers' states, as a caller of this role reads and changes them."""
        client = self.wrap(FakeClient(self.aws, role, self.before_call))
        table = self.wrap(FakeTable(self.items, role, self.before_call))
        names = self.aws.names
        # No test waits for a real second.
        reader = StateReader(names, client, client, client, pace=Pace(1_000_000))
        return HandlerStates(
            reader, StateWriter(names, client, client), RecordStore(table, names.trace_table), self._clock
        )

    def reconciler(self, *, sqs: Any = None, metrics: Any = None, traces: Any = None) -> Reconciler:
        """Return the reconciler; without clients it can look after handlers only, not after their queues."""
        clients = Clients(sqs=sqs, metrics=metrics, traces=traces, retention=self.retention)
        return Reconciler(self.aws.names, self.states("reconciler"), clients)
