"""Runs of the reconciler in which something fails, or changes under its hands."""

from __future__ import annotations

import pytest
from sluice.reconciler.reconciler import ReconcilerError
from sluice.stage.names import BLOCKED_TAG

from tests.unit.support.cloud import HANDLER
from tests.unit.support.pausing_team import STOPPED, Team


def test_an_error_with_one_handler_does_not_affect_the_others() -> None:
    team = Team("a", HANDLER)
    for function in team.aws.functions.values():
        function.concurrency = 0

    def fail() -> None:
        raise ValueError("whatever")

    team.meanwhile = fail
    with pytest.raises(ReconcilerError, match="a: ValueError"):
        team.reconcile()
    assert team.state == STOPPED


def test_it_does_not_start_a_handler_that_was_blocked_since_it_was_read() -> None:
    team = Team()
    team.commands("operator").pause(HANDLER, "slow", int((team.now + 30) * 1000))
    # After the reconciler's read and its own write, so that only IAM keeps it from the rest.
    team.meanwhile = lambda: team.commands("admin").block(HANDLER, "legal hold")
    with pytest.raises(ReconcilerError, match="AccessDenied"):
        team.reconcile()
    assert team.state == STOPPED
    team.reconcile()
    assert team.state == STOPPED
    assert BLOCKED_TAG in team.function.tags


def test_a_mapping_that_aws_is_still_changing_is_left_to_the_next_run() -> None:
    team = Team()
    team.function.concurrency, team.function.mapping = 0, "Updating"
    team.reconcile()
    assert team.state == (0, "Updating")
    team.function.mapping = "Enabled"
    team.reconcile()
    assert team.state == STOPPED


def test_it_returns_the_calls_that_it_made_by_handler() -> None:
    team = Team("a", HANDLER)
    team.function.concurrency = 0
    done = team.reconciler().run({})
    assert done == {"settled": {HANDLER: ["disable the mapping"]}, "named": False, "moved": {}}
