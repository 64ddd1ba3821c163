"""The people who act on a stage's handlers, each with the rights of their role, and the reconciler."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

from sluice.errors import SluiceError
from sluice.pausing.commands import Commands
from sluice.pausing.run_one import run_one

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import CutOffError, Role
from tests.unit.support.fake_stage import FakeStage

State = tuple[int | None, str | None]
"""A reserved concurrency and a mapping's state."""

RUNNING: State = (None, "Enabled")
"""The state of a handler that runs."""

STOPPED: State = (0, "Disabled")
"""The state of a handler that is paused or blocked."""


class Team(FakeStage):
    """A stage, and what its people do.

    Args:
        handlers: the handlers' names; one handler if left out.
        slow: True if mappings take until `tick` to reach their next state.

    Attributes:
        now: the time, in seconds since 1970.
        meanwhile: an act of somebody else, done once, before the next call to a function or mapping.
    """

    def __init__(self, *handlers: str, slow: bool = False) -> None:
        # Each look at the clock takes a millisecond, so that the history is in order.
        super().__init__(*handlers, clock=lambda: self.now + next(self._looks) / 1000, slow=slow)
        self.now = 1_800_000_000.0
        self.meanwhile: Callable[[], object] | None = None
        self._calls_left: int | None = None
        self._looks = itertools.count()

    @property
    def state(self) -> State:
        """The state of `HANDLER`."""
        return self.function.concurrency, self.function.mapping

    def before_call(self, name: str) -> None:
        if self._calls_left is not None:
            if self._calls_left == 0:
                raise CutOffError
            self._calls_left -= 1
        if self.meanwhile and name != "transact_write_items":
            act, self.meanwhile = self.meanwhile, None
            act()

    def commands(self, role: Role, sleep: Callable[[float], None] = lambda _: None) -> Commands:
        """Return the commands of an operator or an admin."""
        return Commands(self.states(role), f"user/{role}", sleep=sleep)

    def run_one(self, while_it_runs: Callable[[], object] = lambda: None) -> None:
        """Let an operator run one event."""

        def invoke(**_: Any) -> Any:
            while_it_runs()
            return {}

        run_one(self.states("operator"), invoke, HANDLER, "1", by="user/operator", sleep=lambda _: None)

    def reconcile(self, minutes: int = 1) -> None:
        """Let minutes pass, with a run of the reconciler in each."""
        for _ in range(minutes):
            self.now += 60
            self.reconciler().run({})
            self.aws.tick()

    def act(self, act: Callable[[], object], *, cut: int | None) -> None:
        """Let a program run, and be gone after so many calls if it makes more; None lets it get to its end."""
        self._calls_left = cut
        with contextlib.suppress(CutOffError, SluiceError):
            act()
        self._calls_left = None

    def cut_off(self, calls: int, act: Callable[[], object]) -> None:
        """Let a program make so many calls, and be gone at the next."""
        self._calls_left = calls
        try:
            act()
        except CutOffError:
            return
        finally:
            self._calls_left = None
        raise AssertionError("it was done before that")
