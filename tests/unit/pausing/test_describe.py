"""A handler's state in words."""

from __future__ import annotations

from sluice.pausing.describe import state_of

from tests.unit.support.cloud import HANDLER
from tests.unit.support.pausing_team import Team


def test_events_that_were_received_for_a_throttled_function_do_not_count_as_running() -> None:
    """Once the function's timeout has passed nothing runs, although SQS still counts them as in flight."""
    team = Team()
    team.commands("operator").pause(HANDLER, "slow")
    (snapshot,) = team.states("operator").read()
    paused_ms = team.record.since_ms
    assert paused_ms is not None
    ended_ms = paused_ms + 1000 * snapshot.resources.timeout

    assert state_of(snapshot, in_flight=3, now_ms=ended_ms - 1).state == "pausing"
    assert state_of(snapshot, in_flight=3, now_ms=ended_ms).state == "paused"
    assert state_of(snapshot, in_flight=0, now_ms=paused_ms).state == "paused"


def test_a_handler_whose_mapping_somebody_else_disabled_says_so() -> None:
    team = Team()
    team.function.mapping = "Disabled"
    (snapshot,) = team.states("operator").read()
    state = state_of(snapshot)
    assert (state.state, state.reason) == ("paused", "its event source mapping is disabled")


def test_a_blocked_handler_that_is_also_paused_says_both() -> None:
    team = Team()
    team.commands("operator").pause(HANDLER, "slow")
    team.commands("admin").block(HANDLER, "legal hold")
    (snapshot,) = team.states("operator").read()
    state = state_of(snapshot)
    assert (state.state, state.by, state.also_paused) == ("blocked", "user/admin", True)
    assert state.reason == "legal hold; also paused by user/operator: slow"


def test_a_pause_whose_end_has_passed_says_that_it_is_being_unpaused() -> None:
    team = Team()
    team.commands("operator").pause(HANDLER, "slow", int((team.now + 30) * 1000))
    team.now += 60
    (snapshot,) = team.states("operator").read()
    state = state_of(snapshot)
    assert state.state == "paused"
    assert state.reason == "paused until then; it is being unpaused; the reconciler finishes that within a minute"
