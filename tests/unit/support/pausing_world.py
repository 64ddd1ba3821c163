"""One handler's world for random histories: its AWS, everybody who acts on it, and the state that should follow."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from sluice.pausing.commands import Commands
from sluice.pausing.errors import BlockedError, StillChangingError
from sluice.pausing.handler_states import HandlerStates
from sluice.pausing.run_one import run_one
from sluice.pausing.state import RECEIVING, RUN_ONE_CONCURRENCY
from sluice.reconciler.reconciler import ReconcilerError
from sluice.stage.names import BLOCKED_TAG, MISSED_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import CutOffError, Role
from tests.unit.support.fake_stage import FakeStage

MINUTE = 60.0

VISIBILITY = 180.0
"""Seconds. The shortest visibility timeout that the template gives a queue."""

LEASE = 100.0
"""Seconds. A little longer than `run_one`'s lease for a function with a timeout of 35 s."""


@dataclass
class Expected:
    """The state that should follow from what people do. It never asks the program that is tested.

    "Applied" is a moment at which a command or a run of the reconciler got to its end.

    Attributes:
        paused: True if the handler should be paused, as of the last time that all was applied.
        blocked: True if an admin's block is in force.
        lifting: True if a block was lifted since all was applied.
        throttled: True if the reserved concurrency is 0, by hand or as applied.
        command: True for a pause that was recorded and not applied since, False for an unpause; None if there is none.
        deployed: True if there was a deployment since all was applied.
        until: end of the pause, in seconds since 1970.
        on_record: True if the block in force is on record: one that nobody has seen cannot be put back.
        lifted_by_hand: True if the tag of a recorded block was removed by hand since all was applied.
        unfinished: True if a command about a block was recorded and not applied since.
        unblocking: True if the last such command was an unblock.
        zero_of_block: True if, since such a command, a concurrency of 0 counts as the block's.
        block_deployed: True if there was a deployment since the block was applied.
    """

    paused: bool = False
    blocked: bool = False
    lifting: bool = False
    throttled: bool = False
    command: bool | None = None
    deployed: bool = False
    until: float | None = None
    on_record: bool = False
    lifted_by_hand: bool = False
    unfinished: bool = False
    unblocking: bool = False
    zero_of_block: bool = False
    block_deployed: bool = False

    def deploy(self) -> None:
        """Let a deployment change anything. The state that was applied before it counts."""
        self.deployed = self.block_deployed = True
        if self.lifted_by_hand:
            self.blocked, self.lifting, self.lifted_by_hand = True, False, False

    def take_in(self, now: float) -> None:
        """Take in what people did since all was applied."""
        if self.command is not None:
            self.paused = self.command
        elif not (self.on_record or self.lifting):
            # A block that nobody has seen yet has set no concurrency.
            self.paused = self.throttled or (self.paused and self.deployed)
        if not self.paused:
            self.until = None
        if self.until is not None and self.until <= now:
            self.paused, self.until, self.command = False, None, None

    def end_in_time(self, now: float) -> None:
        """Let a pause end whose time is over, and its concurrency be given back."""
        if self.until is not None and self.until <= now:
            self.paused, self.until, self.command, self.throttled = False, None, None, self.blocked
            # What stops it from then on is the block, whoever set it: its concurrency of 0 is no pause.
            self.on_record = self.on_record or self.blocked

    def cut_off(self, now: float) -> None:
        """Let a run of the reconciler be cut off after its first write, which records a stop that it found."""
        found = dataclasses.replace(self)
        found.take_in(now)
        paused = self.command is None and found.paused and not self.paused
        found_block = self.blocked and not self.on_record and not self.unfinished
        if not (paused or found_block):
            return
        if self.command is None:
            self.take_in(now)
            self.deployed = False
        if found_block:
            self.on_record, self.block_deployed = True, False

    def note_pause(self, now: float) -> None:
        """Let a pause that was found be recorded, and nothing else."""
        found = dataclasses.replace(self)
        found.take_in(now)
        if self.command is None and found.paused and not self.paused:
            self.paused = True

    def apply(self, now: float) -> None:
        """Let all be applied."""
        self.take_in(now)
        self.command = None
        self.lifting = self.deployed = self.lifted_by_hand = self.unfinished = self.unblocking = False
        self.zero_of_block = self.block_deployed = False
        self.on_record = self.blocked
        self.throttled = self.paused or self.blocked


class World(FakeStage):
    """The handler, time, and an event that waits for it.

    Args:
        slow: True if the mapping takes until `tick` to reach its next state.
        schedule: `ENABLED` or `DISABLED`; None if the handler is no cron.
        missed: `skip` or `queue`, a cron's choice for the ticks of a pause.
        stale: chooses which reads show an earlier state of the last minute; None if all show the latest.

    Attributes:
        now: the time, in seconds since 1970.
        expected: the state that should follow.
        receives: number of times that the event was received while the function was throttled.
        windows: number of stretches of time in which that could happen; none of them is Sluice's doing.
        made: number of calls that the last program made, writes included.
        finished: True if the last program was not cut off.
        steady: True if the handler runs and False if it is stopped, where that is settled and nobody has acted since;
            otherwise None.
    """

    def __init__(
        self,
        *,
        slow: bool = False,
        schedule: str | None = None,
        missed: str = "skip",
        stale: random.Random | None = None,
    ) -> None:
        super().__init__(clock=lambda: self.now, slow=slow)
        self.now = 1_800_000_000.0
        self._stale = stale
        self._past: dict[str, list[tuple[float, Any]]] = {}
        self.aws.before_switch = self._check_switch
        if stale:
            self.aws.look = lambda _, field, __: self._look(field)
        self.expected = Expected()
        self.receives = 0
        self.windows = 0
        self.made = 0
        self.finished = True
        self.steady: bool | None = None
        self._undone = False
        self.function.schedule = schedule
        self.function.tags[MISSED_TAG] = missed
        self._schedule = schedule
        self._calls_left: int | None = None
        self._was_unsafe = False
        self._lease_until = 0.0
        self._visible_at = 0.0

    def before_call(self, name: str) -> None:
        self._note()
        self.check_safe()
        if self._calls_left is not None:
            if self._calls_left == 0:
                raise CutOffError
            self._calls_left -= 1
        self.made += 1

    def _check_switch(self, starts: bool) -> None:
        """Fail if one of our own calls starts a handler that is to be stopped, or the other way round."""
        # The reconciler catches every exception, so the fault is raised later.
        self._undone = self._undone or self.steady not in (None, starts)

    def _note(self) -> None:
        """Note the fields that have changed, so that reads can show what they were."""
        function = self.function
        fields: dict[str, Any] = {
            "concurrency": function.concurrency,
            "mapping": function.mapping,
            "schedule": function.schedule,
            "stack": ("UPDATE_IN_PROGRESS" if self.aws.deploying else "UPDATE_COMPLETE", self.aws.deployment),
        }
        for key in (BLOCKED_TAG, MISSED_TAG):
            fields[f"tags {key}"] = function.tags.get(key)
            fields[f"mapping_tags {key}"] = function.mapping_tags.get(key)
        for field, value in fields.items():
            past = self._past.setdefault(field, [])
            if not past or past[-1][1] != value:
                past.append((self.now, value))

    def _look(self, field: str) -> Any:
        """Return any value that a field has had within the last minute, or every other time the one that it has."""
        assert self._stale
        self._note()
        past = self._past[field]
        ends = [*(since for since, _ in past[1:]), float("inf")]
        values = [value for (_, value), end in zip(past, ends, strict=True) if end > self.now - MINUTE]
        return self._stale.choice(values) if self._stale.random() < 0.5 else values[-1]

    def check_safe(self) -> None:
        """Fail if one of our own calls has made the mapping receive for a throttled function."""
        # A stale read can hide that somebody has throttled it within the last minute.
        assert self._stale or not self.function.unsafe or self._was_unsafe, "we made it receive while throttled"
        self._was_unsafe = self.function.unsafe

    @contextmanager
    def _program(self, cut: int | None) -> Iterator[None]:
        """Run a program that is gone after so many calls; None if it gets to its end."""
        self._was_unsafe = self.function.unsafe
        self._calls_left, self.finished, self.made = cut, True, 0
        try:
            yield
        except CutOffError:
            self.finished = False
        except (ClientError, ReconcilerError, StillChangingError):
            # A stale read hides a block, and IAM knows of it; or it hides that AWS is at work.
            if not self._stale:
                raise
            self.finished = False
        finally:
            self._calls_left = None
        assert not self._undone, "a look at AWS has undone what nobody asked to undo"
        self.check_safe()

    def command(self, what: str, *, cut: int | None, until: float | None = None) -> None:
        """Let an operator or an admin give a command, which may be cut off."""
        role: Role = "admin" if what in ("block", "unblock") else "operator"
        commands = Commands(self.states(role), "user/ada", sleep=lambda _: self.pass_time(1.0))
        with self._program(cut):
            if what == "pause":
                commands.pause(HANDLER, "why", None if until is None else int(until * 1000))
            else:
                getattr(commands, what)(HANDLER, "why")

    def run_one(self, *, cut: int | None) -> None:
        """Let an operator run one event, paused or not, with a program that may be cut off."""
        states: HandlerStates = self.states("operator")
        with self._program(cut):
            try:
                run_one(states, lambda **_: {}, HANDLER, "1", by="user/bob", sleep=lambda _: None)
            except (BlockedError, StillChangingError):
                pass
            finally:
                if self.function.concurrency == RUN_ONE_CONCURRENCY:
                    self._lease_until = self.now + LEASE

    def reconcile(self, *, cut: int | None = None) -> None:
        """Let the reconciler run once, with a program that may be cut off."""
        with self._program(cut):
            self.reconciler().run({})

    def others_acted(self) -> None:
        """After an act of somebody else: it may have begun a stretch in which events are received and throttled."""
        if self.function.unsafe and not self._was_unsafe:
            self.windows += 1
        self._was_unsafe = self.function.unsafe
        self.poll()

    def poll(self) -> None:
        """Receive the event that waits as AWS does: throttled, it is hidden for its visibility timeout."""
        if self.function.unsafe and self.now >= self._visible_at:
            self.receives += 1
            self._visible_at = self.now + VISIBILITY

    def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.poll()
        self._note()
        self.now += seconds
        self.aws.tick()
        self.poll()

    def check(self) -> None:
        """Fail if the handler is not as expected."""
        function, expected = self.function, self.expected
        assert (BLOCKED_TAG in function.tags) == expected.blocked
        assert (BLOCKED_TAG in function.mapping_tags) == expected.blocked
        if expected.blocked or expected.paused:
            leased = not expected.blocked and self.now < self._lease_until
            assert function.concurrency in ((0, RUN_ONE_CONCURRENCY) if leased else (0,)), expected
            assert function.mapping == "Disabled", expected
            skips = function.tags[MISSED_TAG] == "skip" and self._schedule is not None
            assert function.schedule == ("DISABLED" if skips else self._schedule), expected
        else:
            assert function.concurrency not in (0, RUN_ONE_CONCURRENCY), expected
            assert function.mapping in RECEIVING, expected
            assert function.schedule == self._schedule, expected
        assert self._stale or self.receives <= self.windows
