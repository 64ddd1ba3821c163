"""What the history says of commands that were refused, cut off or repeated."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from sluice.stage.names import BLOCKED_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import block_by_hand
from tests.unit.support.pausing_team import Team


@pytest.fixture
def team() -> Team:
    return Team()


def test_what_an_admin_does_is_told_once(team: Team) -> None:
    team.commands("admin").block(HANDLER, "legal hold")
    team.reconcile()
    team.commands("admin").unblock(HANDLER, "cleared")
    team.reconcile()

    assert team.history == [("blocked", "user/admin", "legal hold"), ("unblocked", "user/admin", "cleared")]


@pytest.mark.parametrize("blocked", [False, True])
def test_what_an_operator_is_refused_never_happened(team: Team, blocked: bool) -> None:
    if blocked:
        team.commands("admin").block(HANDLER, "legal hold")
    before = team.history

    with pytest.raises(ClientError):
        getattr(team.commands("operator"), "unblock" if blocked else "block")(HANDLER, "because")
    team.reconcile()
    team.reconcile()

    assert team.history == before
    assert (BLOCKED_TAG in team.aws.functions[HANDLER].tags) == blocked


@pytest.mark.parametrize("calls", range(2, 6))
def test_a_block_that_is_cut_off_is_told_with_its_reason(team: Team, calls: int) -> None:
    team.cut_off(calls, lambda: team.commands("admin").block(HANDLER, "legal hold"))
    team.reconcile()

    assert team.history == [("blocked", "user/admin", "legal hold")]


def test_a_block_that_is_cut_off_before_it_counts_is_not_told(team: Team) -> None:
    team.cut_off(1, lambda: team.commands("admin").block(HANDLER, "legal hold"))
    team.reconcile()

    assert team.history == []
    assert team.aws.functions[HANDLER].mapping == "Enabled"


def test_a_tag_set_and_removed_by_hand(team: Team) -> None:
    block_by_hand(team.aws.functions[HANDLER])
    team.reconcile()
    del team.aws.functions[HANDLER].tags[BLOCKED_TAG]
    team.reconcile()

    assert [change for change, *_ in team.history] == ["blocked", "unblocked"]


def test_a_pause_after_a_block_that_never_came_to_be_is_told(team: Team) -> None:
    team.cut_off(1, lambda: team.commands("admin").block(HANDLER, "legal hold"))
    team.commands("operator").pause(HANDLER, "slow")
    team.reconcile()

    assert team.history == [("paused", "user/operator", "slow")]
    assert (team.function.concurrency, team.function.mapping) == (0, "Disabled")


def test_a_tag_set_by_hand_is_told_whatever_becomes_of_a_command(team: Team) -> None:
    team.cut_off(1, lambda: team.commands("admin").block(HANDLER, "legal hold"))
    block_by_hand(team.function)
    team.reconcile(2)
    assert [change for change, *_ in team.history] == ["blocked"]

    other = Team()
    block_by_hand(other.function)
    other.cut_off(1, lambda: other.commands("admin").unblock(HANDLER, "no"))
    other.reconcile(2)
    assert [change for change, *_ in other.history] == ["blocked"]


def test_blocked_twice_is_told_twice(team: Team) -> None:
    team.commands("admin").block(HANDLER, "one")
    team.commands("admin").block(HANDLER, "two")
    team.reconcile()

    assert [reason for _, _, reason in team.history] == ["one", "two"]


def test_what_nobody_can_read_is_passed_over(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    partition = f"#history#{HANDLER}"
    team.table[partition, "9"] = {"pk": {"S": partition}, "sk": {"S": "9"}, "what": {"N": "1"}}

    assert [change for change, *_ in team.history] == ["paused"]
