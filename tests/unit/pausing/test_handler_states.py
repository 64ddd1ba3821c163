"""Snapshots that are applied late: after somebody else, or a deployment, has changed the handler."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from sluice.pausing.record_store import ConflictError
from sluice.stage.names import BLOCKED_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.pausing_team import RUNNING, STOPPED, Team


@pytest.fixture
def team() -> Team:
    return Team()


def late_run(team: Team, act: Any) -> None:
    """Let the reconciler read the handler, then let somebody act, and then let the reconciler apply its decision."""
    states = team.states("reconciler")
    (snapshot,) = states.read()
    assert snapshot.decision.calls, "it has something to do"
    act()
    with contextlib.suppress(ConflictError):
        states.apply(snapshot)


def test_a_late_run_does_not_stop_a_handler_that_was_unpaused_since(team: Team) -> None:
    # Cut off after the pause is recorded and the mapping is disabled.
    team.cut_off(2, lambda: team.commands("operator").pause(HANDLER, "slow"))
    late_run(team, lambda: team.commands("operator").unpause(HANDLER, "fixed"))
    team.reconcile(2)
    assert (team.state, [what for what, *_ in team.history]) == (RUNNING, ["paused", "unpaused"])


def test_a_run_that_stops_a_handler_during_its_unpause_starts_it_again(team: Team) -> None:
    team.cut_off(1, lambda: team.commands("operator").pause(HANDLER, "slow"))
    # After the reconciler's own write, and before its calls.
    team.meanwhile = lambda: team.commands("operator").unpause(HANDLER, "fixed")
    team.reconcile()
    assert (team.state, team.record.paused, team.record.pending) == (STOPPED, False, True)
    team.reconcile()
    assert team.state == RUNNING


def test_a_run_that_is_cut_off_knows_later_that_it_disabled_the_mapping(team: Team) -> None:
    team.function.concurrency = 0
    # Cut off after the pause that it found is recorded and the mapping is disabled.
    team.cut_off(2, team.reconcile)
    assert team.state == STOPPED
    team.function.concurrency = None
    team.reconcile(2)
    assert team.state == RUNNING


def test_a_late_run_does_not_block_a_handler_that_was_unblocked_since(team: Team) -> None:
    team.commands("admin").block(HANDLER, "legal hold")
    team.reconcile()
    # A deployment removes the tags, and the reconciler sees that.
    team.aws.deployment += "+"
    team.function.tags.clear()
    team.function.mapping_tags.clear()
    late_run(team, lambda: team.commands("admin").unblock(HANDLER, "over"))
    team.reconcile(2)
    assert (team.state, team.function.tags, team.function.mapping_tags) == (RUNNING, {}, {})


def test_a_late_run_leaves_no_tag_on_the_mapping(team: Team) -> None:
    """Nobody would look for one on a handler that is not blocked, and IAM would refuse its operators."""
    team.commands("operator").pause(HANDLER, "slow")
    team.commands("admin").block(HANDLER, "legal hold")
    team.reconcile()
    team.function.mapping_tags.clear()
    late_run(team, lambda: team.commands("admin").unblock(HANDLER, "over"))
    team.reconcile(2)
    assert (team.state, team.function.tags, team.function.mapping_tags) == (STOPPED, {}, {})
    assert (team.record.paused, team.record.block) == (True, None)


def test_a_late_run_does_not_start_a_handler_that_was_paused_since(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow", int((team.now + 30) * 1000))
    states = team.states("reconciler")
    team.now += 60
    (snapshot,) = states.read()
    team.commands("operator").pause(HANDLER, "still slow")
    with pytest.raises(ConflictError, match=HANDLER):
        states.apply(snapshot)
    assert team.state == STOPPED


@pytest.mark.parametrize("what", ["pause", "block"])
def test_a_deployment_that_begins_during_a_read_lifts_nothing(
    team: Team, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    getattr(team.commands("admin"), what)(HANDLER, "why")
    team.reconcile()
    states = team.states("reconciler")
    stacks: Any = states.reader._stacks
    real = stacks.describe_stacks

    def describe_stacks(StackName: str) -> Any:  # noqa: N803 - boto3's name
        answer = real(StackName)
        if not team.aws.deploying:
            # The deployment resets what the template does not name.
            team.aws.deploying = True
            team.function.concurrency, team.function.mapping = RUNNING
            team.function.tags.clear()
            team.function.mapping_tags.clear()
        return answer

    monkeypatch.setattr(stacks, "describe_stacks", describe_stacks)
    states.apply(states.read()[0])
    team.aws.deploying, team.aws.deployment = False, "2026-02-01"
    team.reconcile(2)
    assert team.state == STOPPED
    assert (BLOCKED_TAG in team.function.tags) == (what == "block")
