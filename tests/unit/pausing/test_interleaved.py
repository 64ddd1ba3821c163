"""Commands and runs of the reconciler at the same time, interleaved at each of their calls, reads included.

Nobody acts in the console here, and nothing is deployed: the histories do that.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice.errors import SluiceError
from sluice.pausing.commands import Commands
from sluice.pausing.decision import RECEIVING
from sluice.pausing.handler_states import HandlerStates
from sluice.pausing.observed import Functions
from sluice.pausing.record_store import RecordStore
from sluice.pausing.run_one import run_one
from sluice.reconciler.reconciler import Reconciler, ReconcilerError
from sluice.retention.state import RetentionStore
from sluice.retention.turns import Clients
from sluice.stage.names import BLOCKED_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import Caller, FakeAws, FakeTable, OneFunction, refused
from tests.unit.support.pausing_team import GuardedTable
from tests.unit.support.turns import InTurns, Turns

WHOSE = {"pause": "operator", "unpause": "operator", "block": "admin", "unblock": "admin", "run": "operator"}

BLOCKS = 10
"""Tests that the seeds are spread over."""

SEEDS = int(os.environ.get("SLUICE_TEST_HISTORIES", "0"))
"""New ones each time, if given; else always the same."""

EXPECTED = (ClientError, SluiceError, ReconcilerError)
"""How a command or a run may end that another came in the way of."""


class AtOnce:
    """A handler, and programs that see and change it at the same time."""

    def __init__(self, seed: int, *, slow: bool) -> None:
        self.aws = FakeAws(HANDLER, slow=slow)
        self.turns = Turns(seed, self.aws.tick)
        self.table: dict[tuple[str, str], Any] = {}
        self.now = 1_800_000_000.0
        self._looks = 0

    @property
    def function(self) -> OneFunction:
        return self.aws.functions[HANDLER]

    def clock(self) -> float:
        self._looks += 1
        return self.now + self._looks / 1000

    def states(self, kind: str) -> HandlerStates:
        def check(name: str) -> None:
            """As IAM has it."""
            if kind != "operator":
                return
            tags = self.function.mapping_tags if name == "update_event_source_mapping" else self.function.tags
            writes = {"put_function_concurrency", "delete_function_concurrency", "update_event_source_mapping"}
            if name in {"tag_resource", "untag_resource"} or (name in writes and BLOCKED_TAG in tags):
                raise refused("AccessDeniedException", name)

        caller: Any = InTurns(Caller(self.aws, lambda _: None, admin=kind == "admin"), self.turns, check)
        table: Any = InTurns(GuardedTable(self.table, lambda _: None, operator=kind == "operator"), self.turns)
        functions = Functions(self.aws.names, caller, caller, caller)
        return HandlerStates(functions, RecordStore(table, self.aws.names.trace_table), self.clock)

    def command(self, what: str, name: str) -> Callable[[], object]:
        def sleep(seconds: float) -> None:
            self.turns.wait()
            self.now += seconds
            if self.turns.random.random() < 0.5:
                self.aws.tick()

        states = self.states(WHOSE[what])
        if what == "run":
            return lambda: run_one(states, self.invoke, HANDLER, "1", by=name, sleep=sleep)
        command = getattr(Commands(states, name, sleep=sleep), what)
        return lambda: command(HANDLER, "why")

    def invoke(self, **_: Any) -> dict[str, Any]:
        self.turns.wait()
        return {}

    def reconcile(self) -> None:
        table: Any = FakeTable(self.table)
        kept = RetentionStore(table, self.aws.names.trace_table)
        clients = Clients(sqs=None, metrics=None, traces=None, retention=kept)  # type: ignore[arg-type]
        Reconciler(self.aws.names, self.states("reconciler"), clients).run({})


def at_once(seed: int) -> tuple[AtOnce, list[str], dict[str, BaseException]]:
    """A handler in some state, after some commands and runs at the same time, and some more runs."""
    chance = random.Random(seed)
    there = AtOnce(seed, slow=chance.random() < 0.7)
    for what in chance.choice([[], ["pause"], ["block"], ["pause", "block"]]):
        there.command(what, "before")()
        there.aws.tick()
    programs: dict[str, Callable[[], object]] = {}
    for number in range(chance.choice([1, 2, 2, 2, 3])):
        what = chance.choice(sorted(WHOSE))
        programs[f"{what} {number}"] = there.command(what, f"user/{number}")
    for number in range(chance.choice([0, 1, 1, 2])):
        programs[f"reconciler {number}"] = there.reconcile
    raised = there.turns.run(programs)
    for _ in range(4):
        there.aws.tick()
        # Longer than any command, and than a run of one event.
        there.now += 200
        there.reconcile()
    return there, list(programs), raised


def faults(there: AtOnce) -> list[str]:
    """What is wrong with the state that is left behind."""
    records, function = there.states("reconciler").records, there.function
    record = records.get(HANDLER)
    stopped = record.paused or record.block is not None
    told = [change.what for change in records.history(HANDLER, 100) if change.what in {"paused", "unpaused"}]
    wrong = {
        "the tag and the record differ": (BLOCKED_TAG in function.tags) != (record.block is not None),
        "the tags differ": (BLOCKED_TAG in function.tags) != (BLOCKED_TAG in function.mapping_tags),
        "stopped, and not at rest": stopped and (function.concurrency, function.mapping) != (0, "Disabled"),
        "running, and stopped": not stopped and (function.concurrency, function.mapping in RECEIVING) != (None, True),
        "the last word does not count": bool(told) and record.paused != (told[0] == "paused"),
    }
    return [fault for fault, holds in wrong.items() if holds]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_whatever_is_done_at_once_the_last_word_counts_and_nothing_is_left_half_done(block: int) -> None:
    first, count = (random.randrange(2**48), SEEDS // BLOCKS + 1) if SEEDS else (1_000 * block, 100)
    for seed in range(first, first + count):
        there, programs, raised = at_once(seed)
        assert faults(there) == [], (seed, programs)
        assert [error for error in raised.values() if not isinstance(error, EXPECTED)] == [], (seed, programs)


@pytest.mark.parametrize("seed", [44595555522362, 46374180407554, 85481786221131, 107313943017515, 165599666918245])
def test_a_block_that_comes_late_leaves_no_tag_behind(seed: int) -> None:
    """Of two admins one lifts it in the middle, and the other's last calls come after that."""
    there, programs, _ = at_once(seed)
    assert faults(there) == [], programs
