"""The history of commands that were refused, cut off or repeated."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from sluice.stage.names import BLOCKED_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import block_by_hand
from tests.unit.support.pausing_team import STOPPED, Team


@pytest.fixture
def team() -> Team:
    return Team()


def test_an_admin_s_block_and_unblock_are_written_once_each(team: Team) -> None:
    team.commands("admin").block(HANDLER, "legal hold")
    team.reconcile()
    team.commands("admin").unblock(HANDLER, "cleared")
    team.reconcile()

    assert team.history == [("blocked", "user/admin", "legal hold"), ("unblocked", "user/admin", "cleared")]


@pytest.mark.parametrize("blocked", [False, True])
def test_a_command_that_an_operator_is_refused_is_not_written(team: Team, blocked: bool) -> None:
    if blocked:
        team.commands("admin").block(HANDLER, "legal hold")
    before = team.history

    with pytest.raises(ClientError):
        getattr(team.commands("operator"), "unblock" if blocked else "block")(HANDLER, "because")
    team.reconcile()
    team.reconcile()

    assert team.history == before
    assert (BLOCKED_TAG in team.function.tags) == blocked


@pytest.mark.parametrize("calls", range(2, 6))
def test_a_block_that_is_cut_off_is_written_with_its_reason(team: Team, calls: int) -> None:
    team.cut_off(calls, lambda: team.commands("admin").block(HANDLER, "legal hold"))
    team.reconcile()

    assert team.history == [("blocked", "user/admin", "legal hold")]


def test_a_block_that_is_cut_off_before_its_tag_is_set_is_not_written(team: Team) -> None:
    team.cut_off(1, lambda: team.commands("admin").block(HANDLER, "legal hold"))
    team.reconcile()

    assert team.history == []
    assert team.function.mapping == "Enabled"


def test_a_tag_that_is_set_and_removed_by_hand_is_a_block_and_an_unblock(team: Team) -> None:
    block_by_hand(team.function)
    team.reconcile()
    del team.function.tags[BLOCKED_TAG]
    team.reconcile(2)

    assert [change for change, *_ in team.history] == ["blocked", "unblocked"]


def test_a_pause_after_a_block_that_was_never_set_is_written(team: Team) -> None:
    team.cut_off(1, lambda: team.commands("admin").block(HANDLER, "legal hold"))
    team.commands("operator").pause(HANDLER, "slow")
    team.reconcile()

    assert team.history == [("paused", "user/operator", "slow")]
    assert team.state == STOPPED


@pytest.mark.parametrize("command", ["block", "unblock"])
def test_a_tag_that_is_set_by_hand_is_written_although_a_command_was_cut_off(team: Team, command: str) -> None:
    def cut_off() -> None:
        team.cut_off(1, lambda: getattr(team.commands("admin"), command)(HANDLER, "why"))

    if command == "block":
        cut_off()
        block_by_hand(team.function)
    else:
        block_by_hand(team.function)
        cut_off()
    team.reconcile(2)
    assert [change for change, *_ in team.history] == ["blocked"]


def test_two_blocks_are_written_as_two(team: Team) -> None:
    team.commands("admin").block(HANDLER, "one")
    team.commands("admin").block(HANDLER, "two")
    team.reconcile()

    assert [reason for _, _, reason in team.history] == ["one", "two"]


def test_an_unreadable_change_is_skipped(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    partition = f"#history#{HANDLER}"
    team.items[partition, "9"] = {"pk": {"S": partition}, "sk": {"S": "9"}, "what": {"N": "1"}}

    assert [change for change, *_ in team.history] == ["paused"]
