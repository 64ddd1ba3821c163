"""Random histories of everybody who can change a handler's state, each cut off wherever it can be."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sluice.pausing.errors import BlockedError
from sluice.stage.names import BLOCKED_TAG, MISSED_TAG

from tests.unit.support.fake_lambda import block_by_hand
from tests.unit.support.pausing_world import MINUTE, World

MISSED = ("skip", "queue")
"""What becomes of a cron's ticks during a pause."""

CUTS = st.one_of(st.none(), st.integers(0, 7))
"""After how many of its calls a program is gone; None if it ends as it should."""


class Histories(RuleBasedStateMachine):
    """The command line, the console, deployments and the reconciler, in any order."""

    @initialize(
        slow=st.booleans(), schedule=st.sampled_from([None, "ENABLED", "DISABLED"]), missed=st.sampled_from(MISSED)
    )
    def begin(self, slow: bool, schedule: str | None, missed: str) -> None:
        self.world = World(slow=slow, schedule=schedule, missed=missed)

    def _may_settle(self) -> None:
        """A command that was not cut off has settled everything."""
        world = self.world
        if world.finished:
            world.expected.settled(world.now)
            self._may_yet_be_changed()

    def _may_settle_a_pause(self) -> None:
        """The same of a command about a pause: what is to be written of a block, it leaves to the reconciler."""
        expected = self.world.expected
        if not (expected.blocked or expected.by_hand or expected.unfinished):
            self._may_settle()

    def _may_yet_be_changed(self) -> None:
        """By a deployment that is under way."""
        if self.world.aws.deploying:
            self.world.expected.deploy()

    @rule(cut=CUTS, minutes=st.one_of(st.none(), st.integers(1, 5)))
    def pause(self, cut: int | None, minutes: int | None) -> None:
        world = self.world
        until = None if minutes is None else world.now + minutes * MINUTE
        world.command("pause", cut=cut, until=until)
        if world.made:
            world.expected.absorb(world.now)
            world.expected.command, world.expected.until = True, until
        self._may_settle_a_pause()

    @rule(cut=CUTS)
    def unpause(self, cut: int | None) -> None:
        world = self.world
        try:
            world.command("unpause", cut=cut)
        except BlockedError:
            assert world.expected.blocked
            return
        assert not world.expected.blocked
        if world.made:
            world.expected.absorb(world.now)
            world.expected.command = False
        self._may_settle_a_pause()

    @rule(cut=CUTS)
    def block(self, cut: int | None) -> None:
        world = self.world
        world.command("block", cut=cut)
        if world.made:
            world.expected.absorb(world.now)
            world.expected.unfinished, world.expected.by_hand, world.expected.unblocking = True, False, False
        if world.made > 1:
            # Only written down, it has set no concurrency.
            world.expected.lifting = world.expected.blocked = True
        self._may_settle()

    @rule(cut=CUTS)
    def unblock(self, cut: int | None) -> None:
        world = self.world
        blocked, lifting = world.expected.blocked, world.expected.lifting
        tagged = BLOCKED_TAG in world.function.tags
        world.command("unblock", cut=cut)
        if world.made and (blocked or lifting):
            world.expected.absorb(world.now)
            world.expected.unfinished = world.expected.held = True
            world.expected.lifting, world.expected.by_hand, world.expected.unblocking = True, False, True
        elif world.made:
            # There is nothing to lift: it settles what it finds, as the reconciler does.
            world.expected.begun(world.now)
            world.expected.unfinished = False
        # What is written down comes first, the tag second, unless a deployment has taken that.
        if world.made > tagged:
            world.expected.blocked = False
        self._may_settle()
        self._may_yet_be_changed()

    @rule()
    def throttle_in_the_console(self) -> None:
        self.world.function.concurrency = 0
        self.world.expected.throttled = True
        self.world.others()

    @rule(concurrency=st.sampled_from([None, 5]))
    def unthrottle_in_the_console(self, concurrency: int | None) -> None:
        self.world.function.concurrency = concurrency
        self.world.expected.throttled = False
        self.world.others()

    @rule()
    def enable_the_mapping_by_hand(self) -> None:
        self.world.function.mapping = "Enabled"
        self.world.others()

    @rule(
        resets=st.booleans(), enables=st.booleans(), forgets_tags=st.booleans(), missed=st.sampled_from([None, *MISSED])
    )
    def deploy(self, resets: bool, enables: bool, forgets_tags: bool, missed: str | None) -> None:
        world = self.world
        world.aws.deployment += "+"
        world.expected.deploy()
        if missed is not None:
            # app.py says something else from now on.
            world.function.tags[MISSED_TAG] = missed
        if resets:
            world.function.concurrency = None
            world.expected.throttled = False
        if enables:
            world.function.mapping = "Enabled"
        if forgets_tags and world.expected.on_record and world.expected.blocked and not world.expected.lifting:
            world.function.tags.pop(BLOCKED_TAG, None)
            world.function.mapping_tags.clear()
        world.others()

    @rule()
    def a_deployment_begins(self) -> None:
        self.world.aws.deploying = True
        self._may_yet_be_changed()

    @rule()
    def a_deployment_ends(self) -> None:
        world = self.world
        if world.aws.deploying:
            world.aws.deploying = False
            world.aws.deployment += "+"

    @rule(cut=CUTS)
    def run_one_event(self, cut: int | None) -> None:
        world = self.world
        world.run_one(cut=cut)
        if world.made:
            world.expected.noted(world.now)

    @rule(cut=st.one_of(st.none(), st.integers(0, 5)))
    def a_minute_passes(self, cut: int | None) -> None:
        world = self.world
        world.pass_time(MINUTE)
        world.reconcile(cut=cut)
        if world.function.unsafe:
            # Cut off before it could end it: the next minute is another stretch.
            world.windows += 1
        world.poll()
        if world.finished:
            world.expected.settled(world.now)
            world.aws.tick()
            world.check()
        elif world.made:
            world.expected.begun(world.now)
        self._may_yet_be_changed()

    @rule()
    def an_admin_tags_it_by_hand(self) -> None:
        world = self.world
        if not world.expected.blocked and not world.expected.lifting:
            block_by_hand(world.function)
            world.expected.blocked = True

    @rule()
    def an_admin_takes_the_tag_off_by_hand(self) -> None:
        function, expected = self.world.function, self.world.expected
        if expected.unfinished:
            # What a command that is gone had in mind with the tag, nobody could tell.
            return
        restored = expected.on_record and expected.block_deployed and not expected.unblocking
        if function.tags.pop(BLOCKED_TAG, None) is None or restored:
            # A deployment may have taken it, for all that can be seen.
            return
        expected.blocked, expected.by_hand = False, expected.on_record and not expected.unblocking
        expected.lifting = expected.on_record or expected.held or bool(function.mapping_tags)

    @invariant()
    def received_no_more_often_than_it_was_thrown_into_that(self) -> None:
        assert self.world.receives <= self.world.windows

    def teardown(self) -> None:
        if hasattr(self, "world"):
            world = self.world
            world.aws.tick()
            world.reconcile()
            world.expected.settled(world.now)
            world.aws.tick()
            world.check()


Histories.TestCase.settings = settings(
    # The same ones each time, so that a change is what makes it fail; as many new ones as SLUICE_TEST_HISTORIES says.
    max_examples=int(os.environ.get("SLUICE_TEST_HISTORIES", "1000")),
    derandomize="SLUICE_TEST_HISTORIES" not in os.environ,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestHistories = Histories.TestCase
