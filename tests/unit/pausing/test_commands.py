"""Two people, the reconciler and a deployment at the same time: who was last is heard."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from sluice.pausing.record_store import ConflictError
from sluice.stage.names import BLOCKED_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.pausing_team import Team

RUNNING, STOPPED = (None, "Enabled"), (0, "Disabled")


def state(team: Team) -> tuple[int | None, str]:
    return team.function.concurrency, team.function.mapping


def late_run(team: Team, act: Any) -> None:
    """The reconciler looks; then somebody acts; then the reconciler does what it meant to."""
    states = team.states("reconciler")
    (found,) = states.read()
    assert found.decision.calls, "it means to do something"
    act()
    with contextlib.suppress(ConflictError):
        states.apply(found)


def test_an_unpause_counts_while_somebody_s_pause_waits_for_the_mapping() -> None:
    team = Team(slow=True)
    told: list[tuple[str, bool]] = []

    def first_sleeps(_: float) -> None:
        if not told:
            found = team.commands("operator", lambda _: team.aws.tick()).unpause(HANDLER, "go on")
            told.append((found.observed.mapping, found.record.paused))
        team.aws.tick()

    team.commands("operator", first_sleeps).pause(HANDLER, "slow")
    team.reconcile(2)
    assert told == [("Enabling", False)]
    assert (state(team), team.record.paused, team.record.pending) == (RUNNING, False, False)


def test_a_late_run_stops_nothing_that_was_unpaused_since() -> None:
    team = Team()
    # It is written down, and the mapping is disabled.
    team.cut_off(2, lambda: team.commands("operator").pause(HANDLER, "slow"))
    late_run(team, lambda: team.commands("operator").unpause(HANDLER, "mended"))
    team.reconcile(2)
    assert (state(team), [what for what, *_ in team.history]) == (RUNNING, ["paused", "unpaused"])


def test_a_late_run_blocks_nothing_that_was_unblocked_since() -> None:
    team = Team()
    team.commands("admin").block(HANDLER, "legal hold")
    team.reconcile()
    # A deployment takes the tags off, which the reconciler sees.
    team.aws.deployment += "+"
    team.function.tags.clear()
    team.function.mapping_tags.clear()
    late_run(team, lambda: team.commands("admin").unblock(HANDLER, "over"))
    team.reconcile(2)
    assert (state(team), team.function.tags, team.function.mapping_tags) == (RUNNING, {}, {})


def test_a_late_run_leaves_no_tag_on_the_mapping() -> None:
    """Nobody looks there for a handler that is not blocked, and IAM would keep its operators off."""
    team = Team()
    team.commands("operator").pause(HANDLER, "slow")
    team.commands("admin").block(HANDLER, "legal hold")
    team.reconcile()
    team.function.mapping_tags.clear()
    late_run(team, lambda: team.commands("admin").unblock(HANDLER, "over"))
    team.reconcile(2)
    assert (state(team), team.function.tags, team.function.mapping_tags) == (STOPPED, {}, {})
    assert (team.record.paused, team.record.block) == (True, None)


@pytest.mark.parametrize("deploying", [False, True])
def test_a_run_in_the_middle_of_an_unblock_neither_hides_who_did_it_nor_undoes_it(deploying: bool) -> None:
    team = Team()
    team.commands("admin").block(HANDLER, "legal hold")
    team.reconcile()
    team.aws.deploying = deploying
    # Before the tag is taken off, and after that is written down.
    team.meanwhile = team.reconcile
    team.commands("admin").unblock(HANDLER, "the court agreed")
    if deploying:
        team.aws.deploying, team.aws.deployment = False, "2026-02-01"
    team.reconcile(2)
    assert (state(team), BLOCKED_TAG in team.function.tags) == (RUNNING, False)
    assert team.history[-1] == ("unblocked", "user/admin", "the court agreed")


def test_an_unblock_that_is_cut_off_before_its_first_call_is_forgotten() -> None:
    team = Team()
    team.commands("admin").block(HANDLER, "legal hold")
    team.cut_off(1, lambda: team.commands("admin").unblock(HANDLER, "over"))
    team.reconcile(3)
    assert (state(team), team.record.blocking, team.record.asked) == (STOPPED, None, None)
    assert BLOCKED_TAG in team.function.tags


@pytest.mark.parametrize("what", ["pause", "block"])
def test_a_deployment_that_begins_while_the_reconciler_looks_lifts_nothing(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = Team()
    getattr(team.commands("admin"), what)(HANDLER, "why")
    team.reconcile()
    states = team.states("reconciler")
    stacks: Any = states.functions._stacks
    real = stacks.describe_stacks

    def describe_stacks(StackName: str) -> Any:  # noqa: N803 - boto3's name
        answer = real(StackName)
        if not team.aws.deploying:
            # It resets what the template does not name.
            team.aws.deploying = True
            team.function.concurrency, team.function.mapping = RUNNING
            team.function.tags.clear()
            team.function.mapping_tags.clear()
        return answer

    monkeypatch.setattr(stacks, "describe_stacks", describe_stacks)
    states.apply(states.read()[0])
    team.aws.deploying, team.aws.deployment = False, "2026-02-01"
    team.reconcile(2)
    assert state(team) == STOPPED
    assert (BLOCKED_TAG in team.function.tags) == (what == "block")
