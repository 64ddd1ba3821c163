"""The rule of pausing in random histories of all who can change a handler's state, each cut off at any of its calls.

`Histories` reads AWS as it is, and lets people and deployments act in any order. `StaleHistories` lets each read of
each field show any state of the last minute; there, acts of different kinds are minutes apart, as nobody could tell a
person's act from a deployment's otherwise. docs/pausing-and-blocking.md says so.

SLUICE_TEST_HISTORIES sets the number of histories: see tests/unit/support/rounds.py.
"""

from __future__ import annotations

import random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sluice.pausing.errors import BlockedError
from sluice.stage.names import BLOCKED_TAG, MISSED_TAG

from tests.unit.support.fake_lambda import block_by_hand
from tests.unit.support.pausing_world import MINUTE, World
from tests.unit.support.rounds import NEW, ROUNDS

MISSED = ("skip", "queue")
"""A cron's choices for the ticks of a pause."""

CUTS = st.one_of(st.none(), st.integers(0, 7))
"""Number of calls after which a program is gone; None if it gets to its end."""


class Histories(RuleBasedStateMachine):
    """Commands, the console, deployments and the reconciler, in any order."""

    STALE = False

    @initialize(
        slow=st.booleans(),
        schedule=st.sampled_from([None, "ENABLED", "DISABLED"]),
        missed=st.sampled_from(MISSED),
        seed=st.integers(0, 2**32),
    )
    def begin(self, slow: bool, schedule: str | None, missed: str, seed: int) -> None:
        self.kind: str | None = None
        self.chance = random.Random(seed)
        stale = self.chance if self.STALE else None
        self.world = World(slow=slow, schedule=schedule, missed=missed, stale=stale)

    def _before(self, kind: str) -> None:
        """Let time pass before an act of a kind: commands, the console, blocks, tags set by hand, or deployments."""
        world, expected = self.world, self.world.expected
        if self.STALE:
            self._look_again_and_again()
            if self.kind not in (None, kind):
                self._settle()
            self.kind = kind
            return
        # For a minute after its own calls, Sluice believes no look at AWS that shows something else.
        world.others_acted()
        world.windows += world.function.unsafe
        world.now += MINUTE
        ended_by_hand = (expected.paused and not expected.throttled and expected.command is None) or (
            expected.lifted_by_hand
        )
        if ended_by_hand and kind in ("commands", "blocks") and not world.aws.deploying:
            # A command takes what is on record for what holds, until the reconciler has noticed.
            self._settle()

    def _look_again_and_again(self) -> None:
        """Let the reconciler run within the minute in which reads may show what was before."""
        for _ in range(self.chance.randrange(4)):
            self.world.pass_time(self.chance.choice([1, 5, 20, 30]))
            self._reconcile()
        self.world.pass_time(self.chance.choice([0, 1, 5, 20]))

    def _reconcile(self, cut: int | None = None) -> None:
        """Let the reconciler run. If it gets to its end, a pause whose time is over has ended, whatever AWS shows."""
        self.world.reconcile(cut=cut)
        if self.world.finished:
            self.world.expected.end_in_time(self.world.now)

    def _settle(self) -> None:
        """Expect the right state after two runs of the reconciler, once no read shows what was before."""
        world = self.world
        if world.aws.deploying and self.STALE:
            self.a_deployment_ends()
        for _ in range(2):
            world.windows += world.function.unsafe
            world.pass_time(MINUTE)
            world.reconcile()
            world.poll()
        world.expected.apply(world.now)
        world.aws.tick()
        world.check()
        world.steady = None if world.expected.until else not (world.expected.paused or world.expected.blocked)
        self._expect_deployment_to_change_it()

    def _expect_steady(self, runs: bool) -> None:
        """Expect nothing but people's acts to start or stop the handler after a command that was not cut off."""
        world = self.world
        world.steady = runs if world.finished and not world.aws.deploying else None

    def _expect_applied(self) -> None:
        """Expect a command that was not cut off to have applied everything."""
        world = self.world
        if world.finished and not self.STALE:
            world.expected.apply(world.now)
            self._expect_deployment_to_change_it()

    def _expect_pause_applied(self) -> None:
        """Expect the same of a pause or unpause, unless there is a block to record: the reconciler does that."""
        expected = self.world.expected
        if not (expected.blocked or expected.lifted_by_hand or expected.unfinished):
            self._expect_applied()

    def _expect_deployment_to_change_it(self) -> None:
        """Expect a deployment that is under way to change anything."""
        if self.world.aws.deploying:
            self.world.expected.deploy()

    @rule(cut=CUTS, minutes=st.one_of(st.none(), st.integers(1, 5)))
    def pause(self, cut: int | None, minutes: int | None) -> None:
        self._before("commands")
        world = self.world
        world.steady = None
        until = None if minutes is None else world.now + minutes * MINUTE
        world.command("pause", cut=cut, until=until)
        if world.made:
            world.expected.take_in(world.now)
            world.expected.command, world.expected.until = True, until
        self._expect_pause_applied()
        if until is None:
            self._expect_steady(False)

    @rule(cut=CUTS)
    def unpause(self, cut: int | None) -> None:
        self._before("commands")
        world = self.world
        steady, world.steady = world.steady, None
        try:
            world.command("unpause", cut=cut)
        except BlockedError:
            assert world.expected.blocked
            world.steady = steady
            return
        assert not world.expected.blocked
        if world.made:
            world.expected.take_in(world.now)
            world.expected.command = False
        self._expect_pause_applied()
        self._expect_steady(True)

    @rule(cut=CUTS)
    def block(self, cut: int | None) -> None:
        self._before("blocks")
        world, expected = self.world, self.world.expected
        world.steady = None
        # Over a block that holds, a command applies nothing anew: a deployment before it still counts.
        deployed = expected.blocked and expected.on_record and expected.block_deployed
        world.command("block", cut=cut)
        if world.made:
            expected.take_in(world.now)
            expected.unfinished, expected.lifted_by_hand, expected.unblocking = True, False, False
        if world.made > 1:
            # The first call records the block, and only the second sets it: before that, it set no concurrency.
            expected.lifting = expected.blocked = True
        self._expect_applied()
        expected.block_deployed = expected.block_deployed or deployed
        self._expect_steady(False)

    @rule(cut=CUTS)
    def unblock(self, cut: int | None) -> None:
        self._before("blocks")
        world, expected = self.world, self.world.expected
        blocked, lifting = expected.blocked, expected.lifting
        tagged = BLOCKED_TAG in world.function.tags
        world.steady = None
        world.command("unblock", cut=cut)
        if world.made and (blocked or lifting):
            expected.take_in(world.now)
            expected.unfinished = expected.zero_of_block = True
            expected.lifting, expected.lifted_by_hand, expected.unblocking = True, False, True
        elif world.made:
            # There is no block to lift, so it applies the state that it finds, as the reconciler does.
            expected.cut_off(world.now)
            expected.unfinished = False
        # The first call records the unblock, and the second removes the tag, unless a deployment has done so.
        if world.made > tagged:
            expected.blocked = False
        self._expect_applied()
        self._expect_deployment_to_change_it()

    @rule()
    def throttle_in_the_console(self) -> None:
        self._before("console")
        self.world.steady = None
        self.world.function.concurrency = 0
        self.world.expected.throttled = True
        self.world.others_acted()

    @rule(concurrency=st.sampled_from([None, 5]))
    def unthrottle_in_the_console(self, concurrency: int | None) -> None:
        self._before("console")
        self.world.steady = None
        self.world.function.concurrency = concurrency
        self.world.expected.throttled = False
        self.world.others_acted()

    @rule()
    def enable_the_mapping_by_hand(self) -> None:
        self.world.function.mapping = "Enabled"
        self.world.others_acted()

    @rule(
        resets=st.booleans(), enables=st.booleans(), forgets_tags=st.booleans(), missed=st.sampled_from([None, *MISSED])
    )
    def deploy(self, resets: bool, enables: bool, forgets_tags: bool, missed: str | None) -> None:
        self._before("deployments")
        if not self.STALE:
            self.world.steady = None
        world = self.world
        world.aws.deployment += "+"
        world.expected.deploy()
        if missed is not None:
            # app.py has another choice from now on.
            world.function.tags[MISSED_TAG] = missed
        if resets:
            world.function.concurrency = None
            world.expected.throttled = False
        if enables:
            world.function.mapping = "Enabled"
        if forgets_tags and world.expected.on_record and world.expected.blocked and not world.expected.lifting:
            world.function.tags.pop(BLOCKED_TAG, None)
            world.function.mapping_tags.clear()
        world.others_acted()

    @rule()
    def a_deployment_begins(self) -> None:
        self._before("deployments")
        if not self.STALE:
            self.world.steady = None
        self.world.aws.deploying = True
        self._expect_deployment_to_change_it()

    @rule()
    def a_deployment_ends(self) -> None:
        world = self.world
        if world.aws.deploying:
            world.aws.deploying = False
            world.aws.deployment += "+"

    @rule(cut=CUTS)
    def run_one_event(self, cut: int | None) -> None:
        self._before("commands")
        world = self.world
        world.run_one(cut=cut)
        if world.made:
            world.expected.note_pause(world.now)

    @rule(cut=st.one_of(st.none(), st.integers(0, 5)))
    def a_minute_passes(self, cut: int | None) -> None:
        world = self.world
        if self.STALE:
            world.pass_time(self.chance.choice([1, 20, 45, MINUTE]))
            self._reconcile(cut)
            return
        world.pass_time(MINUTE)
        world.reconcile(cut=cut)
        if world.finished:
            # What somebody else has ended takes two looks, a minute apart.
            world.windows += world.function.unsafe
            world.pass_time(MINUTE)
            world.reconcile()
        if world.function.unsafe:
            # Cut off before it could end that stretch: the next minute is another one.
            world.windows += 1
        world.poll()
        if world.finished:
            world.expected.apply(world.now)
            world.aws.tick()
            world.check()
        elif world.made:
            world.expected.cut_off(world.now)
        self._expect_deployment_to_change_it()

    @rule()
    def an_admin_tags_it_by_hand(self) -> None:
        self._before("tags")
        self.world.steady = None
        world = self.world
        if not world.expected.blocked and not world.expected.lifting:
            block_by_hand(world.function)
            world.expected.blocked = True

    @rule()
    def an_admin_removes_the_tag_by_hand(self) -> None:
        self._before("tags")
        self.world.steady = None
        function, expected = self.world.function, self.world.expected
        if expected.unfinished:
            # Nobody could tell what a command that is gone wanted of the tag.
            return
        restored = expected.on_record and expected.block_deployed and not expected.unblocking
        if function.tags.pop(BLOCKED_TAG, None) is None or restored:
            # It looks as if a deployment had removed it.
            return
        expected.blocked, expected.lifted_by_hand = False, expected.on_record and not expected.unblocking
        expected.lifting = expected.on_record or expected.zero_of_block or bool(function.mapping_tags)

    @invariant()
    def others_alone_cost_the_event_receives(self) -> None:
        assert self.STALE or self.world.receives <= self.world.windows

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.aws.tick()
            if self.STALE:
                self._look_again_and_again()
            self._settle()


class StaleHistories(Histories):
    """The same, while every read may show an earlier state."""

    STALE = True


for machine in (Histories, StaleHistories):
    machine.TestCase.settings = settings(
        max_examples=ROUNDS,
        derandomize=not NEW,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
TestHistories = Histories.TestCase
TestStaleHistories = StaleHistories.TestCase
