"""The reconciler pauses handlers that fail too often, whatever else happens to them meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from sluice.reconciler.failing import FailingHandlers
from sluice.reconciler.reconciler import Reconciler, ReconcilerError
from sluice.retention.turns import Clients
from sluice.stage.failure_limit import LIMIT_TAG, FailureLimit
from sluice.traces import failure_counter

from tests.unit.support.cloud import HANDLER
from tests.unit.support.pausing_team import RUNNING, STOPPED, Team

LIMIT = FailureLimit(3, 60)
WORDS = "3 failures in 1 minutes"


class Failing(Team):
    """A stage with a handler that pauses itself."""

    def __init__(self, *handlers: str) -> None:
        super().__init__(*handlers)
        self.function.tags[LIMIT_TAG] = LIMIT.to_text()
        self.failures: dict[str, int] = {}
        self.told: list[int] = []
        self.broken = False

    def rows(self, handlers: list[str]) -> dict[str, Any]:
        if self.broken:
            raise OSError("no answer")
        slice_ = failure_counter._slice(self.now, LIMIT)
        return {name: {f"n{slice_}": {"N": str(self.failures[name])}} for name in handlers if name in self.failures}

    def reset(self, handler: str) -> None:
        self.failures.pop(handler)

    def reconciler(self, **_: Any) -> Reconciler:
        states = self.states("reconciler")
        counter: Any = self
        clients = Clients(sqs=None, metrics=None, traces=None, retention=self.retention)  # type: ignore[arg-type]
        return Reconciler(self.aws.names, states, clients, failing=FailingHandlers(states, counter, self.told.append))


def test_a_handler_at_its_limit_is_paused_and_everything_says_so() -> None:
    team = Failing("another", HANDLER)
    team.failures = {HANDLER: 3, "another": 99}
    team.reconciler().run({"failing": HANDLER})
    assert team.state == STOPPED
    assert team.history == [("paused", "sluice", WORDS)]
    assert (team.record.paused, team.record.by, team.record.reason) == (True, "sluice", WORDS)
    assert (team.told, team.failures) == ([1], {"another": 99})
    team.reconcile(5)
    assert team.state == STOPPED
    # One without the setting is none of its business.
    assert team.aws.functions["another"].concurrency is None


def test_it_is_paused_within_the_minute_though_nobody_told() -> None:
    team = Failing()
    team.failures = {HANDLER: 3}
    team.reconcile()
    assert (team.state, team.told) == (STOPPED, [1])


@pytest.mark.parametrize("event", [{"failing": HANDLER}, {"failing": "no such handler"}, {"failing": 7}, {}])
def test_below_the_limit_nothing_happens_whatever_anybody_says(event: Any) -> None:
    team = Failing()
    team.failures = {HANDLER: 2}
    team.reconciler().run(event)
    assert (team.state, team.told, team.history) == (RUNNING, [], [])


def test_the_mapping_is_disabled_first() -> None:
    team = Failing()
    team.failures = {HANDLER: 3}
    seen = [team.state]
    for cut in range(12):
        team.act(lambda: team.reconciler().run({}), cut=cut)
        seen.append(team.state)
    assert set(seen) == {RUNNING, (None, "Disabled"), STOPPED}


@pytest.mark.parametrize("calls", range(12))
def test_one_that_is_cut_off_anywhere_is_finished_by_the_next_run(calls: int) -> None:
    team = Failing()
    team.failures = {HANDLER: 3}
    team.act(lambda: team.reconciler().run({"failing": HANDLER}), cut=calls)
    team.reconcile()
    assert team.state == STOPPED
    assert team.history == [("paused", "sluice", WORDS)]


def test_a_pause_or_block_of_people_stays_theirs_and_what_fails_under_it_does_not_count() -> None:
    team = Failing()
    team.commands("operator").pause(HANDLER, "mine")
    team.failures = {HANDLER: 50}
    team.reconcile()
    assert (team.record.reason, team.told, team.failures) == ("mine", [], {})
    team.commands("operator").unpause(HANDLER, None)
    team.commands("admin").block(HANDLER, "legal hold")
    team.failures = {HANDLER: 50}
    team.reconcile()
    assert (team.record.paused, team.told, team.failures) == (False, [], {})


def test_somebody_who_changes_it_meanwhile_wins() -> None:
    team = Failing()
    team.failures = {HANDLER: 3}
    states = team.states("reconciler")
    snapshots = states.read()
    team.commands("operator").pause(HANDLER, "mine")
    counter: Any = team
    assert FailingHandlers(states, counter, team.told.append).pause(snapshots) == []
    assert (team.record.reason, team.told) == ("mine", [])


def test_a_counter_that_does_not_answer_keeps_the_reconciler_from_nothing_else() -> None:
    team = Failing()
    team.function.concurrency = 0
    team.broken = True
    with pytest.raises(ReconcilerError, match="pausing what fails: OSError"):
        team.reconcile()
    assert team.state == STOPPED
