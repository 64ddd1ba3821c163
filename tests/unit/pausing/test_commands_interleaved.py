"""Commands and runs of the reconciler at the same time, interleaved at each of their calls, reads included.

Nobody acts in the console here and nothing is deployed: test_decision_histories.py does that.
SLUICE_TEST_HISTORIES sets the number of interleavings: see tests/unit/support/rounds.py.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice.errors import SluiceError
from sluice.pausing.commands import Commands
from sluice.pausing.run_one import run_one
from sluice.pausing.state import RECEIVING
from sluice.reconciler.reconciler import ReconcilerError
from sluice.stage.names import BLOCKED_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import Role
from tests.unit.support.fake_stage import FakeStage
from tests.unit.support.rounds import NEW, ROUNDS
from tests.unit.support.turns import InTurns, Turns

ROLES: Mapping[str, Role] = {
    "pause": "operator",
    "unpause": "operator",
    "block": "admin",
    "unblock": "admin",
    "run": "operator",
}

TESTS = 10
"""Tests that the rounds are spread over."""

ALLOWED = (ClientError, SluiceError, ReconcilerError)
"""Errors with which a command or a run may end after another one got in its way."""


class AtOnce(FakeStage):
    """A handler, and programs that read and change it at the same time."""

    def __init__(self, seed: int, *, slow: bool) -> None:
        super().__init__(clock=self._next_millisecond, slow=slow)
        self.turns = Turns(seed, self.aws.tick)
        self.now = 1_800_000_000.0
        self._looks = 0

    def _next_millisecond(self) -> float:
        self._looks += 1
        return self.now + self._looks / 1000

    def wrap(self, client: Any) -> Any:
        return InTurns(client, self.turns)

    def command(self, what: str, name: str) -> Callable[[], object]:
        """Return a program that gives a command."""

        def sleep(seconds: float) -> None:
            self.turns.wait()
            self.now += seconds
            if self.turns.random.random() < 0.5:
                self.aws.tick()

        states = self.states(ROLES[what])
        if what == "run":
            return lambda: run_one(states, self._invoke, HANDLER, "1", by=name, sleep=sleep)
        command = getattr(Commands(states, name, sleep=sleep), what)
        return lambda: command(HANDLER, "why")

    def _invoke(self, **_: Any) -> dict[str, Any]:
        self.turns.wait()
        return {}

    def reconcile(self) -> None:
        """Run the reconciler once."""
        self.reconciler().run({})


def at_once(seed: int) -> tuple[AtOnce, list[str], dict[str, BaseException]]:
    """Bring a handler into some state, run some programs at the same time, and then the reconciler some more.

    Returns:
        The handler, the programs' names, and the exceptions that they raised.
    """
    chance = random.Random(seed)
    stage = AtOnce(seed, slow=chance.random() < 0.7)
    for what in chance.choice([[], ["pause"], ["block"], ["pause", "block"]]):
        stage.command(what, "before")()
        stage.aws.tick()
    programs: dict[str, Callable[[], object]] = {}
    for number in range(chance.choice([1, 2, 2, 2, 3])):
        what = chance.choice(sorted(ROLES))
        programs[f"{what} {number}"] = stage.command(what, f"user/{number}")
    for number in range(chance.choice([0, 1, 1, 2])):
        programs[f"reconciler {number}"] = stage.reconcile
    raised = stage.turns.run(programs)
    for _ in range(4):
        stage.aws.tick()
        # Longer than any command, and than the run of one event.
        stage.now += 200
        stage.reconcile()
    return stage, list(programs), raised


def faults(stage: AtOnce) -> list[str]:
    """Return what is wrong with the state that is left behind."""
    record, function = stage.record, stage.function
    stopped = record.paused or record.block is not None
    pauses = [what for what, *_ in stage.history if what in {"paused", "unpaused"}]
    wrong = {
        "the tag and the record differ": (BLOCKED_TAG in function.tags) != (record.block is not None),
        "the tags differ": (BLOCKED_TAG in function.tags) != (BLOCKED_TAG in function.mapping_tags),
        "stopped, and not at rest": stopped and (function.concurrency, function.mapping) != (0, "Disabled"),
        "running, and stopped": not stopped and (function.concurrency, function.mapping in RECEIVING) != (None, True),
        "the last command does not count": bool(pauses) and record.paused != (pauses[-1] == "paused"),
    }
    return [fault for fault, holds in wrong.items() if holds]


@pytest.mark.parametrize("part", range(TESTS))
def test_of_commands_at_once_the_last_counts_and_nothing_is_left_half_done(part: int) -> None:
    first = random.randrange(2**48) if NEW else 1_000 * part
    for seed in range(first, first + -(-ROUNDS // TESTS)):
        stage, programs, raised = at_once(seed)
        assert faults(stage) == [], (seed, programs)
        assert [error for error in raised.values() if not isinstance(error, ALLOWED)] == [], (seed, programs)


@pytest.mark.parametrize("seed", [44595555522362, 46374180407554, 85481786221131, 107313943017515, 165599666918245])
def test_a_block_whose_last_calls_come_after_an_unblock_leaves_no_tag(seed: int) -> None:
    stage, programs, _ = at_once(seed)
    assert faults(stage) == [], programs
