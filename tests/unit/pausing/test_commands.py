"""Commands that are cut off or refused, or that others get in the way of."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from sluice.pausing.errors import StillChangingError
from sluice.pausing.record_store import ConflictError
from sluice.stage.names import BLOCKED_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import block_by_hand
from tests.unit.support.pausing_team import RUNNING, STOPPED, Team


@pytest.fixture
def team() -> Team:
    return Team()


# ---- pause and unpause


def test_a_pause_waits_until_the_mapping_is_disabled_before_it_throttles() -> None:
    """Events that the mapping has received by then still run."""
    team = Team(slow=True)
    states = []

    def sleep(_: float) -> None:
        states.append(team.state)
        team.aws.tick()

    team.commands("operator", sleep).pause(HANDLER, "slow")
    assert states == [(None, "Disabling")]
    assert team.state == STOPPED


def test_an_unpause_counts_while_somebody_s_pause_waits_for_the_mapping() -> None:
    team = Team(slow=True)
    unpaused: list[tuple[str, bool]] = []

    def sleep(_: float) -> None:
        if not unpaused:
            snapshot = team.commands("operator", lambda _: team.aws.tick()).unpause(HANDLER, "go on")
            unpaused.append((snapshot.observed.mapping, snapshot.record.paused))
        team.aws.tick()

    team.commands("operator", sleep).pause(HANDLER, "slow")
    team.reconcile(2)
    assert unpaused == [("Enabling", False)]
    assert (team.state, team.record.paused, team.record.pending) == (RUNNING, False, False)


def test_an_operator_writes_nothing_about_blocks(team: Team) -> None:
    commands = team.commands("operator")
    for _ in range(2):
        commands.pause(HANDLER, "slow")
        team.run_one()
        commands.unpause(HANDLER, None)
    block_by_hand(team.function)
    commands.pause(HANDLER, "under an unseen block")
    team.reconcile()
    assert (team.record.paused, team.record.block) == (True, "by hand")
    del team.function.tags[BLOCKED_TAG]
    team.reconcile(2)
    commands.unpause(HANDLER, "the block was lifted by hand")
    team.reconcile()
    assert team.state == RUNNING


def test_a_pause_after_an_unblock_that_was_cut_off_is_finished_by_the_reconciler(team: Team) -> None:
    """The mapping still has its tag, so IAM refuses an operator to disable it."""
    team.commands("admin").block(HANDLER, "legal hold")
    team.cut_off(2, lambda: team.commands("admin").unblock(HANDLER, "over"))
    assert (BLOCKED_TAG in team.function.tags, BLOCKED_TAG in team.function.mapping_tags) == (False, True)
    team.function.mapping = "Enabled"
    team.commands("operator").pause(HANDLER, "slow")
    team.reconcile()
    assert (team.state, team.record.paused, team.function.mapping_tags) == (STOPPED, True, {})


def test_a_command_that_cannot_be_recorded_does_not_say_that_the_reconciler_finishes_it(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(seconds: float) -> None:
        team.now += seconds

    commands = team.commands("operator", sleep)

    def put(*_: object) -> None:
        raise ConflictError(HANDLER)

    monkeypatch.setattr(commands._states.records, "put", put)
    with pytest.raises(StillChangingError, match=r"by someone else\. Run the command again$"):
        commands.pause(HANDLER, "slow")


def test_a_command_that_aws_is_too_busy_for_is_finished_by_the_reconciler() -> None:
    team = Team(slow=True)
    team.commands("operator", lambda _: team.aws.tick()).pause(HANDLER, "slow")

    def sleep(seconds: float) -> None:
        team.now += seconds

    team.function.mapping = "Disabling"
    with pytest.raises(StillChangingError, match="is recorded, and the reconciler finishes it"):
        team.commands("operator", sleep).unpause(HANDLER, "fixed")
    team.aws.tick()
    team.reconcile()
    assert team.state == RUNNING


# ---- block and unblock


def test_a_refused_block_changes_nothing(team: Team) -> None:
    with pytest.raises(ClientError):
        team.commands("operator").block(HANDLER, "because")
    assert team.state == RUNNING
    assert team.record.block is None


def test_a_throttle_in_the_console_after_a_block_that_was_never_set_is_a_pause(team: Team) -> None:
    team.cut_off(1, lambda: team.commands("admin").block(HANDLER, "legal hold"))
    team.function.concurrency = 0
    team.reconcile()
    assert team.state == STOPPED
    assert [change for change, *_ in team.history] == ["paused"]


def test_an_unblock_that_is_cut_off_before_its_first_call_is_forgotten(team: Team) -> None:
    team.commands("admin").block(HANDLER, "legal hold")
    team.cut_off(1, lambda: team.commands("admin").unblock(HANDLER, "over"))
    team.reconcile(3)
    assert (team.state, team.record.blocking, team.record.asked) == (STOPPED, None, None)
    assert BLOCKED_TAG in team.function.tags


@pytest.mark.parametrize("deploying", [False, True])
def test_a_run_in_the_middle_of_an_unblock_neither_hides_its_user_nor_undoes_it(team: Team, deploying: bool) -> None:
    team.commands("admin").block(HANDLER, "legal hold")
    team.reconcile()
    team.aws.deploying = deploying
    # After the unblock is recorded, and before the tag is removed.
    team.meanwhile = team.reconcile
    team.commands("admin").unblock(HANDLER, "the court agreed")
    if deploying:
        team.aws.deploying, team.aws.deployment = False, "2026-02-01"
    team.reconcile(2)
    assert (team.state, BLOCKED_TAG in team.function.tags) == (RUNNING, False)
    assert team.history[-1] == ("unblocked", "user/admin", "the court agreed")
