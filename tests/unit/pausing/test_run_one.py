"""One event that runs while its handler is paused, and others who act in the meantime."""

from __future__ import annotations

from typing import Any

import pytest
from sluice.pausing.errors import BlockedError
from sluice.pausing.run_one import RunFailedError
from sluice.pausing.state import RUN_ONE_CONCURRENCY
from sluice.stage.names import BLOCKED_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import FakeClient, refused
from tests.unit.support.pausing_team import RUNNING, STOPPED, State, Team

ONE_RUNS: State = (RUN_ONE_CONCURRENCY, "Disabled")


@pytest.fixture
def team() -> Team:
    return Team()


def test_a_run_leaves_the_pause_as_it_was(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    during = []
    team.run_one(lambda: during.append(team.state))

    assert (during, team.state) == ([ONE_RUNS], STOPPED)
    assert (team.record.paused, team.record.lease_ms) == (True, None)


def test_a_handler_that_is_unpaused_during_a_run_stays_unpaused(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    team.run_one(lambda: team.commands("operator").unpause(HANDLER, None))
    assert team.state == RUNNING
    team.reconcile()
    assert team.state == RUNNING


def test_a_handler_that_is_unpaused_in_the_console_during_a_run_stays_unpaused(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")

    def release() -> None:
        team.function.concurrency = None
        team.reconcile()

    team.run_one(release)
    team.reconcile(2)
    assert team.state == RUNNING


def test_a_handler_that_is_blocked_during_a_run_stays_blocked(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    team.run_one(lambda: team.commands("admin").block(HANDLER, "legal hold"))
    team.reconcile(5)
    assert team.state == STOPPED
    assert BLOCKED_TAG in team.function.tags
    with pytest.raises(BlockedError):
        team.run_one()


@pytest.mark.parametrize("calls", [1, 2, 3, 4])
def test_a_run_that_is_cut_off_leaves_a_pause_that_holds_and_can_end(team: Team, calls: int) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    team.cut_off(calls, team.run_one)
    team.reconcile(3)
    assert team.state == STOPPED
    assert team.record.lease_ms is None
    team.commands("operator").unpause(HANDLER, None)
    assert team.state == RUNNING


@pytest.mark.parametrize("expired", [False, True])
def test_an_unpause_takes_back_the_concurrency_of_a_run_that_was_cut_off(team: Team, expired: bool) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    team.cut_off(2, team.run_one)
    assert team.state == ONE_RUNS
    if expired:
        team.now += 1_000
    team.commands("operator").unpause(HANDLER, None)
    team.reconcile()
    assert team.state == RUNNING


def test_a_pause_with_an_end_ends_after_a_run_that_was_cut_off(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow", int((team.now + 30) * 1000))
    team.cut_off(2, team.run_one)
    team.reconcile()
    assert team.state == RUNNING


def test_a_console_pause_that_a_run_finds_first_goes_into_the_history(team: Team) -> None:
    team.function.concurrency = 0
    team.function.mapping = "Disabled"
    team.run_one()
    team.reconcile()
    assert [change for change, *_ in team.history] == ["paused"]
    assert team.state == STOPPED


def test_a_run_that_the_account_s_quota_does_not_allow_fails_and_leaves_the_pause(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    real = FakeClient.put_function_concurrency

    def put(self: Any, FunctionName: str, ReservedConcurrentExecutions: int) -> None:  # noqa: N803 - boto3's names
        if ReservedConcurrentExecutions > 0:
            raise refused("InvalidParameterValueException", "PutFunctionConcurrency")
        real(self, FunctionName, ReservedConcurrentExecutions)

    monkeypatch.setattr(FakeClient, "put_function_concurrency", put)
    with pytest.raises(RunFailedError, match="quota"):
        team.run_one()
    team.reconcile()
    assert (team.state, team.record.paused, team.record.lease_ms) == (STOPPED, True, None)
