"""One handler's world for random histories: its AWS, everybody who acts on it, and what ought to come of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from sluice.pausing.commands import Commands
from sluice.pausing.decision import RECEIVING, RUN_ONE_CONCURRENCY
from sluice.pausing.errors import BlockedError, StillChangingError
from sluice.pausing.handler_states import HandlerStates
from sluice.pausing.observed import Functions
from sluice.pausing.record_store import RecordStore
from sluice.pausing.run_one import run_one
from sluice.reconciler.reconciler import Reconciler
from sluice.retention.turns import Clients
from sluice.stage.names import BLOCKED_TAG, MISSED_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import Caller, CutOffError, FakeAws, FakeTable, OneFunction

MINUTE = 60.0

VISIBILITY = 180.0
"""Seconds. The shortest visibility timeout that the template gives a queue."""


@dataclass
class Expected:
    """What ought to be, kept up from what is done and never from what the program thinks.

    Attributes:
        paused: whether it is to be paused, as of the last time that everything was settled.
        blocked: whether an admin's block is in force.
        lifting: whether a block was lifted since everything was settled.
        throttled: whether the reserved concurrency is 0 by somebody's hand, or by what was settled.
        command: the pause or unpause that was written down, until it is settled.
        deployed: whether there was a deployment since everything was settled.
        until: when the pause ends by itself.
        on_record: whether the block in force has been settled: what nobody has seen nobody can put back.
        by_hand: whether the tag of such a block was taken off by hand since.
        held: whether, since one of them, a concurrency of 0 is taken for the block's.
        block_deployed: whether there was a deployment since the block was settled.
        unblocking: whether the last of such commands was to lift it.
        unfinished: whether a command about a block was written down and not settled since.
    """

    paused: bool = False
    blocked: bool = False
    lifting: bool = False
    throttled: bool = False
    command: bool | None = None
    deployed: bool = False
    until: float | None = None
    on_record: bool = False
    by_hand: bool = False
    unfinished: bool = False
    unblocking: bool = False
    held: bool = False
    block_deployed: bool = False

    def deploy(self) -> None:
        """A deployment may have changed anything. What was settled before it counts."""
        self.deployed = self.block_deployed = True
        if self.by_hand:
            self.blocked, self.lifting, self.by_hand = True, False, False

    def absorb(self, now: float) -> None:
        """Take in what was done since."""
        if self.command is not None:
            self.paused = self.command
        elif not (self.on_record or self.lifting):
            # A block that nobody has seen yet has set no concurrency.
            self.paused = self.throttled or (self.paused and self.deployed)
        if not self.paused:
            self.until = None
        if self.until is not None and self.until <= now:
            self.paused, self.until, self.command = False, None, None

    def begun(self, now: float) -> None:
        """The reconciler was cut off. The first thing it does is to write down a stop that it finds."""
        found = dataclasses.replace(self)
        found.absorb(now)
        paused = self.command is None and found.paused and not self.paused
        found_block = self.blocked and not self.on_record and not self.unfinished
        if not (paused or found_block):
            return
        if self.command is None:
            self.absorb(now)
            self.deployed = False
        if found_block:
            self.on_record, self.block_deployed = True, False

    def noted(self, now: float) -> None:
        """A pause that was found is written down, and nothing else."""
        found = dataclasses.replace(self)
        found.absorb(now)
        if self.command is None and found.paused and not self.paused:
            self.paused = True

    def settled(self, now: float) -> None:
        """All of it has been made so."""
        self.absorb(now)
        self.command = None
        self.lifting = self.deployed = self.by_hand = self.unfinished = self.unblocking = self.held = False
        self.block_deployed = False
        self.on_record = self.blocked
        self.throttled = self.paused or self.blocked


@dataclass
class World:
    """The handler, time, and events that wait for it."""

    slow: bool = False
    schedule: str | None = None
    missed: str = "skip"
    now: float = 1_800_000_000.0
    expected: Expected = field(default_factory=Expected)
    receives: int = 0
    windows: int = 0
    table: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.aws = FakeAws(HANDLER, slow=self.slow)
        self.function.schedule = self.schedule
        self.function.tags[MISSED_TAG] = self.missed
        self.budget: int | None = None
        self.finished = True
        self.unsafe_before = False
        self.lease_until = 0.0
        self._visible_at = 0.0

    @property
    def function(self) -> OneFunction:
        return self.aws.functions[HANDLER]

    def _before_call(self, name: str) -> None:
        """Each of our own calls: it may be the one that is never made; and none but others may make it unsafe."""
        self.check_safe()
        if self.budget is not None:
            if self.budget == 0:
                raise CutOffError
            self.budget -= 1
        self.made += 1

    def check_safe(self) -> None:
        assert not self.function.unsafe or self.unsafe_before, "we made it receive what is thrown back"
        self.unsafe_before = self.function.unsafe

    def states(self, *, admin: bool = False) -> HandlerStates:
        self.made = 0
        caller = Caller(self.aws, self._before_call, admin=admin)
        records = RecordStore(FakeTable(self.table, self._before_call), self.aws.names.trace_table)  # type: ignore[arg-type]
        return HandlerStates(Functions(self.aws.names, caller, caller, caller), records, lambda: self.now)

    def command(self, what: str, *, cut: int | None, until: float | None = None) -> None:
        """Somebody gives a command, which may be cut off after so many calls."""
        commands = Commands(
            self.states(admin=what in ("block", "unblock")), "user/ada", sleep=lambda _: self.pass_time(1.0)
        )
        self.unsafe_before = self.function.unsafe
        self.budget, self.finished = cut, True
        try:
            if what == "pause":
                commands.pause(HANDLER, "why", None if until is None else int(until * 1000))
            else:
                getattr(commands, what)(HANDLER, "why")
        except CutOffError:
            self.finished = False
        finally:
            self.budget = None
        self.check_safe()

    def run_one(self, *, cut: int | None) -> None:
        """Somebody runs one event, pause or no pause, and may be gone in the middle of it."""
        states = self.states()
        self.unsafe_before = self.function.unsafe
        self.budget, self.finished = cut, True
        try:
            run_one(states, lambda **_: {}, HANDLER, "1", by="user/bob", sleep=lambda _: None)
        except CutOffError:
            self.finished = False
        except (BlockedError, StillChangingError):
            return
        finally:
            self.budget = None
            if self.function.concurrency == RUN_ONE_CONCURRENCY:
                self.lease_until = self.now + 100
        self.check_safe()

    def reconcile(self, *, cut: int | None = None) -> None:
        clients = Clients(sqs=None, metrics=None, traces=None, retention=None)  # type: ignore[arg-type]
        reconciler = Reconciler(self.aws.names, self.states(), clients)
        reconciler._upkeep = lambda *_, **__: {}  # type: ignore[method-assign]
        self.unsafe_before = self.function.unsafe
        self.budget, self.finished = cut, True
        try:
            reconciler.run({})
        except CutOffError:
            self.finished = False
        finally:
            self.budget = None
        self.check_safe()

    def others(self) -> None:
        """After somebody else's act: it may have begun a stretch in which events are received and thrown back."""
        if self.function.unsafe and not self.unsafe_before:
            self.windows += 1
        self.unsafe_before = self.function.unsafe
        self.poll()

    def poll(self) -> None:
        """AWS receives the one event that waits, and is throttled; it is hidden for its visibility timeout."""
        if self.function.unsafe and self.now >= self._visible_at:
            self.receives += 1
            self._visible_at = self.now + VISIBILITY

    def pass_time(self, seconds: float) -> None:
        self.poll()
        self.now += seconds
        self.aws.tick()
        self.poll()

    def check(self) -> None:
        """It is as it ought to be."""
        function, expected = self.function, self.expected
        assert (BLOCKED_TAG in function.tags) == expected.blocked
        assert (BLOCKED_TAG in function.mapping_tags) == expected.blocked
        if expected.blocked or expected.paused:
            leased = not expected.blocked and self.now < self.lease_until
            assert function.concurrency in ((0, RUN_ONE_CONCURRENCY) if leased else (0,)), expected
            assert function.mapping == "Disabled", expected
            skips = function.tags[MISSED_TAG] == "skip" and self.schedule is not None
            assert function.schedule == ("DISABLED" if skips else self.schedule), expected
        else:
            assert function.concurrency not in (0, RUN_ONE_CONCURRENCY), expected
            assert function.mapping in RECEIVING, expected
            assert function.schedule == self.schedule, expected
        assert self.receives <= self.windows
