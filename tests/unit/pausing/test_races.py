"""What several people, the reconciler and a program that is gone do to a handler at the same time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice.pausing.decision import RUN_ONE_CONCURRENCY
from sluice.pausing.describe import state_of
from sluice.pausing.errors import BlockedError
from sluice.pausing.run_one import RunFailedError
from sluice.reconciler.reconciler import ReconcilerError
from sluice.stage.names import BLOCKED_TAG, PAUSES

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_lambda import Caller, block_by_hand, refused
from tests.unit.support.pausing_team import Team

RUNNING = (None, "Enabled")
STOPPED = (0, "Disabled")


@pytest.fixture
def team() -> Team:
    return Team()


def state(team: Team) -> tuple[int | None, str]:
    return team.function.concurrency, team.function.mapping


# ---- while one event runs


def test_a_run_leaves_the_pause_as_it_was(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    seen = []
    team.run_one(lambda: seen.append(state(team)))

    assert (seen, state(team)) == ([(RUN_ONE_CONCURRENCY, "Disabled")], STOPPED)
    assert (team.record.paused, team.record.lease_ms) == (True, None)


def test_unpaused_during_a_run_it_stays_unpaused(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    team.run_one(lambda: team.commands("operator").unpause(HANDLER, None))
    assert state(team) == RUNNING
    team.reconcile()
    assert state(team) == RUNNING


def test_unpaused_in_the_console_during_a_run_it_stays_unpaused(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")

    def release() -> None:
        team.function.concurrency = None
        team.reconcile()

    team.run_one(release)
    team.reconcile()
    assert state(team) == RUNNING


def test_blocked_during_a_run_it_stays_blocked(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    team.run_one(lambda: team.commands("admin").block(HANDLER, "legal hold"))
    team.reconcile(5)
    assert state(team) == STOPPED
    assert BLOCKED_TAG in team.function.tags
    with pytest.raises(BlockedError):
        team.run_one()


@pytest.mark.parametrize("calls", [1, 2, 3, 4])
def test_a_run_that_is_gone_leaves_a_pause_that_holds_and_ends(team: Team, calls: int) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    team.cut_off(calls, team.run_one)
    team.reconcile(3)
    assert state(team) == STOPPED
    assert team.record.lease_ms is None
    team.commands("operator").unpause(HANDLER, None)
    assert state(team) == RUNNING


@pytest.mark.parametrize("expired", [False, True])
def test_unpaused_after_a_run_that_is_gone_nothing_of_it_stays(team: Team, expired: bool) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    team.cut_off(2, team.run_one)
    assert state(team) == (RUN_ONE_CONCURRENCY, "Disabled")
    if expired:
        team.now += 1_000
    team.commands("operator").unpause(HANDLER, None)
    team.reconcile()
    assert state(team) == RUNNING


def test_a_pause_that_ends_by_itself_ends_after_a_run_that_is_gone(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow", int((team.now + 30) * 1000))
    team.cut_off(2, team.run_one)
    team.reconcile()
    assert state(team) == RUNNING


def test_a_console_pause_that_a_run_saw_first_is_told(team: Team) -> None:
    team.function.concurrency = 0
    team.function.mapping = "Disabled"
    team.run_one()
    team.reconcile()
    assert [change for change, *_ in team.history] == ["paused"]
    assert state(team) == STOPPED


# ---- decided on what was so a moment ago


def test_the_reconciler_starts_nothing_that_was_blocked_since_it_looked(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow", int((team.now + 30) * 1000))
    # After the reconciler's look and its own write: IAM keeps it from the rest.
    team.meanwhile = lambda: team.commands("admin").block(HANDLER, "legal hold")
    with pytest.raises(ReconcilerError, match="AccessDenied"):
        team.reconcile()
    assert state(team) == STOPPED
    team.reconcile()
    assert state(team) == STOPPED
    assert BLOCKED_TAG in team.function.tags


def test_the_reconciler_starts_nothing_that_was_paused_since_it_looked(team: Team) -> None:
    team.commands("operator").pause(HANDLER, "slow", int((team.now + 30) * 1000))
    states = team.states("reconciler")
    team.now += 60
    (found,) = states.read()
    team.commands("operator").pause(HANDLER, "still slow")
    with pytest.raises(Exception, match=HANDLER):
        states.apply(found)
    assert state(team) == STOPPED


def test_throttled_in_the_console_after_a_block_that_never_came_to_be(team: Team) -> None:
    team.cut_off(1, lambda: team.commands("admin").block(HANDLER, "legal hold"))
    team.function.concurrency = 0
    team.reconcile()
    assert state(team) == STOPPED
    assert [change for change, *_ in team.history] == ["paused"]


def test_a_pause_waits_for_the_mapping_before_it_throttles() -> None:
    """Whatever the mapping has received by then still runs."""
    team = Team(slow=True)
    states = []

    def sleep(_: float) -> None:
        states.append(state(team))
        team.aws.tick()

    team.commands("operator", sleep).pause(HANDLER, "slow")
    assert states == [(None, "Disabling")]
    assert state(team) == STOPPED


# ---- who may write what


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
    commands.unpause(HANDLER, "the block was lifted by hand")
    team.reconcile()
    assert state(team) == RUNNING


def test_what_an_operator_may_write_blocks_nothing_and_keeps_no_block_from_being_restored(team: Team) -> None:
    def forge(**record: Any) -> None:
        team.table[PAUSES, HANDLER] = {
            "pk": {"S": PAUSES},
            "sk": {"S": HANDLER},
            "revision": {"N": "1"},
            "record": {"S": json.dumps(record)},
        }

    forge(block="2026-11-23T10:00:00.000Z user/admin - legal hold", block_deployment="older")
    team.reconcile()
    assert BLOCKED_TAG not in team.function.tags

    team.commands("admin").block(HANDLER, "legal hold")
    forge()
    team.aws.deployment += "+"
    team.function.tags.clear()
    team.function.mapping_tags.clear()
    team.function.concurrency, team.function.mapping = RUNNING
    team.reconcile()
    assert "legal hold" in team.function.tags[BLOCKED_TAG]
    assert state(team) == STOPPED


@pytest.mark.parametrize(
    "item",
    [
        {"record": {"S": '{"x": 1}'}, "revision": {"N": "1"}},
        {"record": {"S": '{"asked": {"y": 1}, "since_ms": "noon"}'}, "revision": {"N": "1"}},
        {"record": {"S": "{"}, "revision": {"N": "1"}},
        {"record": {"S": "[]"}, "revision": {"S": "first"}},
        {"record": {"S": "[" * 30_000}, "revision": {"N": "1"}},
        {"record": {"S": json.dumps({"reason": "x" * 409_500})}, "revision": {"N": "1"}},
        {"record": {"S": "{}"}, "revision": {"N": "1" + "0" * 38}},
        {"record": {"S": "{}"}, "revision": {"N": "-7"}},
        {},
    ],
)
def test_what_nobody_can_read_is_taken_for_nothing_and_costs_the_others_nothing(item: dict[str, Any]) -> None:
    team = Team("a", HANDLER)
    team.table[PAUSES, "a"] = {"pk": {"S": PAUSES}, "sk": {"S": "a"}, **item}
    for function in team.aws.functions.values():
        function.concurrency = 0
    team.reconcile()
    assert [(one.concurrency, one.mapping) for one in team.aws.functions.values()] == [STOPPED] * 2
    records = team.states("reconciler").records.all()
    assert [records[name].paused for name in ("a", HANDLER)] == [True, True]


def test_one_handler_that_fails_costs_the_others_nothing() -> None:
    team = Team("a", HANDLER)
    for function in team.aws.functions.values():
        function.concurrency = 0

    def fail() -> None:
        raise ValueError("whatever")

    team.meanwhile = fail
    with pytest.raises(ReconcilerError, match="a: ValueError"):
        team.reconcile()
    assert state(team) == STOPPED


def test_a_refused_block_changes_nothing(team: Team) -> None:
    with pytest.raises(ClientError):
        team.commands("operator").block(HANDLER, "because")
    assert state(team) == RUNNING
    assert team.record.block is None


def test_what_is_hidden_is_not_taken_for_running(team: Team) -> None:
    """What SQS still counts as in flight once nothing can run any more was received for a throttled function."""
    team.commands("operator").pause(HANDLER, "slow")
    (found,) = team.states("operator").read()
    paused_ms = team.record.since_ms
    assert paused_ms is not None
    ended_ms = paused_ms + 1000 * found.resources.timeout

    assert state_of(found, in_flight=3, now_ms=ended_ms - 1).state == "pausing"
    assert state_of(found, in_flight=3, now_ms=ended_ms).state == "paused"
    assert state_of(found, in_flight=0, now_ms=paused_ms).state == "paused"


def test_an_account_whose_quota_is_too_small_for_a_run_of_one_event_is_told(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.commands("operator").pause(HANDLER, "slow")
    real = Caller.put_function_concurrency

    def put(self: Any, FunctionName: str, ReservedConcurrentExecutions: int) -> None:  # noqa: N803 - boto3's names
        if ReservedConcurrentExecutions > 0:
            raise refused("InvalidParameterValueException", "PutFunctionConcurrency")
        real(self, FunctionName, ReservedConcurrentExecutions)

    monkeypatch.setattr(Caller, "put_function_concurrency", put)
    with pytest.raises(RunFailedError, match="quota"):
        team.run_one()
    team.reconcile()
    assert (state(team), team.record.paused, team.record.lease_ms) == (STOPPED, True, None)
