"""A reserved concurrency that a team has set as a cap: what a pause takes away, the unpause gives back."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from sluice.pausing.state import RUN_ONE_CONCURRENCY

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import block_by_hand
from tests.unit.support.pausing_team import STOPPED, Team

CAP = 5


@pytest.fixture
def team() -> Team:
    """A stage whose handler has a cap that somebody set by hand."""
    team = Team()
    team.function.concurrency = CAP
    return team


def concurrencies(team: Team) -> list[tuple[str, int | None]]:
    """The changes in the history, each with the reserved concurrency that it took or gave back."""
    return [(change.what, change.concurrency) for change in reversed(team.records.history(HANDLER, 100))]


def test_a_pause_and_an_unpause_leave_the_cap_as_it_was(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    assert team.state == STOPPED
    team.commands("operator").unpause(HANDLER, None)

    assert team.state == (CAP, "Enabled")
    assert concurrencies(team) == [("paused", CAP), ("unpaused", CAP)]
    assert [change.printed()["concurrency"] for change in team.records.history(HANDLER, 1)] == [CAP]


def test_a_block_and_an_unblock_leave_the_cap_as_it_was(team: Team) -> None:
    team.commands("admin").block(HANDLER, "legal hold")
    assert team.state == STOPPED
    team.commands("admin").unblock(HANDLER, None)

    assert team.state == (CAP, "Enabled")
    assert concurrencies(team) == [("blocked", CAP), ("unblocked", CAP)]


def test_a_tag_that_is_set_and_removed_by_hand_leaves_the_cap_as_it_was(team: Team) -> None:
    block_by_hand(team.function)
    team.reconcile()
    assert team.state == STOPPED
    team.function.tags.clear()
    team.reconcile(4)

    assert team.state == (CAP, "Enabled")
    assert concurrencies(team) == [("blocked", CAP), ("unblocked", CAP)]


def test_an_unpause_gives_back_the_cap_that_the_throttle_button_replaced(team: Team) -> None:
    team.reconcile()
    team.function.concurrency = 0
    team.reconcile()
    assert team.state == STOPPED
    team.commands("operator").unpause(HANDLER, None)

    assert team.state == (CAP, "Enabled")
    assert concurrencies(team) == [("paused", CAP), ("unpaused", CAP)]


def test_a_limit_that_somebody_removes_in_the_console_stays_removed(team: Team) -> None:
    team.reconcile()
    team.function.concurrency = 0
    team.reconcile()
    team.function.concurrency = None
    team.reconcile(4)

    # To give it back could undo a second press of the Throttle button, which no look at AWS shows for a minute.
    assert team.state == (None, "Enabled")
    assert concurrencies(team)[0] == ("paused", CAP)


def test_an_unpause_in_the_console_to_another_number_makes_that_the_cap(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    team.reconcile()
    team.function.concurrency = CAP + 1
    team.reconcile(4)
    assert team.state == (CAP + 1, "Enabled")
    team.commands("operator").pause(HANDLER, "slow")
    team.commands("operator").unpause(HANDLER, None)
    assert team.state == (CAP + 1, "Enabled")


def test_a_cap_that_is_removed_while_the_handler_runs_stays_removed(team: Team) -> None:
    team.reconcile(2)
    team.function.concurrency = None
    team.reconcile(2)
    team.commands("operator").pause(HANDLER, "slow")
    team.commands("operator").unpause(HANDLER, None)

    assert team.state == (None, "Enabled")
    assert concurrencies(team) == [("paused", None), ("unpaused", None)]


def test_a_deployment_with_another_cap_leaves_the_pause_and_changes_the_cap(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    team.reconcile()
    team.aws.deployment += "+"
    team.function.concurrency = CAP + 2
    team.reconcile(2)
    assert team.state == STOPPED
    team.commands("operator").unpause(HANDLER, None)
    assert team.state == (CAP + 2, "Enabled")


@pytest.mark.parametrize("cap", [RUN_ONE_CONCURRENCY, CAP])
@pytest.mark.parametrize("unpause", [False, True])
def test_one_event_that_runs_meanwhile_is_not_taken_for_a_cap(team: Team, cap: int, *, unpause: bool) -> None:
    team.function.concurrency = cap
    team.commands("operator").pause(HANDLER, "slow")

    def meanwhile() -> None:
        assert team.function.concurrency == RUN_ONE_CONCURRENCY
        team.reconcile()
        if unpause:
            team.commands("operator").unpause(HANDLER, None)

    team.run_one(meanwhile)
    if not unpause:
        assert team.state == STOPPED
        team.commands("operator").unpause(HANDLER, None)
    team.reconcile(4)

    assert team.state == (cap, "Enabled")


@pytest.mark.parametrize("command", [None, "pause", "block"])
def test_a_minute_without_a_change_writes_nothing(team: Team, command: str | None) -> None:
    if command:
        getattr(team.commands("admin"), command)(HANDLER, "why")
    team.reconcile()
    before = dict(team.items)
    team.reconcile(3)
    assert team.items == before


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_cut_off_the_cap_comes_back(team: Team, seed: int) -> None:
    chance = random.Random(seed)
    team.reconcile()
    operator, admin = team.commands("operator"), team.commands("admin")
    acts: list[Callable[[], object]] = [
        lambda: operator.pause(HANDLER, "slow"),
        lambda: operator.unpause(HANDLER, None),
        lambda: admin.block(HANDLER, "hold"),
        lambda: admin.unblock(HANDLER, None),
        team.run_one,
        team.reconcile,
    ]
    for _ in range(8):
        act = chance.choice(acts)
        with_cut = chance.choice([None, 0, 1, 2, 3, 4, 5])
        team.act(act, cut=with_cut)
    team.reconcile(4)
    admin.unblock(HANDLER, None)
    operator.unpause(HANDLER, None)
    team.reconcile(4)

    assert team.state == (CAP, "Enabled")
