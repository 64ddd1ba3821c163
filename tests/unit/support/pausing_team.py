"""Handlers' AWS in memory, and the people who act on it, each with the rights that the policies give."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from sluice.pausing.commands import Commands
from sluice.pausing.decision import Record
from sluice.pausing.handler_states import HandlerStates
from sluice.pausing.observed import Functions
from sluice.pausing.record_store import RecordStore
from sluice.pausing.run_one import run_one
from sluice.reconciler.reconciler import Reconciler
from sluice.retention.state import RetentionStore
from sluice.retention.turns import Clients
from sluice.stage.names import BLOCKS

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import Caller, CutOffError, FakeAws, FakeTable, OneFunction, refused

TAG_CALLS = {"tag_resource", "untag_resource"}


class Team:
    """What happens to handlers, and what is written of it.

    Args:
        handlers: their names.
        slow: whether mappings take until `tick` to reach their next state.
    """

    def __init__(self, *handlers: str, slow: bool = False) -> None:
        self.aws = FakeAws(*(handlers or (HANDLER,)), slow=slow)
        self.table: dict[tuple[str, str], Any] = {}
        self.calls: list[str] = []
        self.calls_left: int | None = None
        self.meanwhile: Callable[[], object] | None = None
        self.now = 1_800_000_000.0
        self._ticks = itertools.count()

    @property
    def function(self) -> OneFunction:
        return self.aws.functions[HANDLER]

    @property
    def record(self) -> Record:
        return self.states("reconciler").records.get(HANDLER)

    @property
    def history(self) -> list[tuple[str, str | None, str | None]]:
        """What was done, by whom and why, oldest first."""
        changes = self.states("reconciler").records.history(HANDLER, 100)
        return [(change.what, change.by, change.reason) for change in reversed(changes)]

    def states(self, kind: str) -> HandlerStates:
        """The handlers, as somebody may see and change them: an operator, an admin or the reconciler."""

        def before(name: str) -> None:
            if kind == "operator" and name in TAG_CALLS:
                raise refused("AccessDeniedException", name)
            if self.calls_left is not None:
                if self.calls_left == 0:
                    raise CutOffError
                self.calls_left -= 1
            if self.meanwhile and name != "transact_write_items":
                act, self.meanwhile = self.meanwhile, None
                act()
            self.calls.append(name)

        caller = Caller(self.aws, before, admin=kind == "admin")
        records: Any = GuardedTable(self.table, before, operator=kind == "operator")
        # A millisecond a look, so that the history is in order.
        return HandlerStates(
            Functions(self.aws.names, caller, caller, caller),
            RecordStore(records, self.aws.names.trace_table),
            lambda: self.now + next(self._ticks) / 1000,
        )

    def commands(self, kind: str, sleep: Callable[[float], None] = lambda _: None) -> Commands:
        return Commands(self.states(kind), f"user/{kind}", sleep=sleep)

    def run_one(self, while_it_runs: Callable[[], object] = lambda: None) -> None:
        def invoke(**_: Any) -> Any:
            while_it_runs()
            return {}

        run_one(self.states("operator"), invoke, HANDLER, "1", by="user/operator", sleep=lambda _: None)

    def reconcile(self, minutes: int = 1) -> None:
        for _ in range(minutes):
            self.now += 60
            table: Any = FakeTable(self.table)
            kept = RetentionStore(table, self.aws.names.trace_table)
            clients = Clients(sqs=None, metrics=None, traces=None, retention=kept)  # type: ignore[arg-type]
            Reconciler(self.aws.names, self.states("reconciler"), clients).run({})
            self.aws.tick()

    def cut_off(self, calls: int, act: Callable[[], object]) -> None:
        """Let somebody make so many calls, and then be gone."""
        self.calls_left = calls
        try:
            act()
        except CutOffError:
            return
        finally:
            self.calls_left = None
        raise AssertionError("it was done before that")


class GuardedTable(FakeTable):
    """The table as IAM has it: an operator writes nothing about blocks."""

    def __init__(self, items: Any, before: Callable[[str], None], *, operator: bool) -> None:
        super().__init__(items, before)
        self._operator = operator

    def _put(self, item: Any) -> None:
        if self._operator and item["pk"]["S"] == BLOCKS:
            raise refused("AccessDeniedException", "TransactWriteItems")
        super()._put(item)
