"""Promise 6: a block is an admin's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.aws.support import console
from tests.aws.support.people import People
from tests.aws.support.stage import Stage
from tests.aws.support.ways_around import TAG, UNKNOWN_TO_THE_EMULATOR, not_refused, set_off_reconciler, ways_around

REASON = "legal hold"


@dataclass(frozen=True)
class Blocked:
    """A blocked handler, and the id of an event that waits for it."""

    function: str
    event_id: str


@pytest.fixture(scope="module")
def blocked(stage: Stage, people: People) -> Iterator[Blocked]:
    stage.sluice("block", "barred", "--reason", REASON)
    event_id = stage.sluice("emit", "barred", "1").out.strip()
    yield Blocked(stage.names.function("barred"), event_id)
    # Should the last test not have come to it.
    stage.sluice("unblock", "barred")
    stage.sluice("unpause", "barred")


def assert_blocked(stage: Stage, blocked: Blocked) -> None:
    function = stage.client("lambda").get_function(FunctionName=blocked.function)
    assert function["Concurrency"]["ReservedConcurrentExecutions"] == 0
    assert REASON in function["Tags"][TAG]
    assert console.mapping(stage, blocked.function)["State"] == "Disabled"
    assert blocked.event_id not in {trace["id"] for trace in stage.traces("barred")}


@pytest.mark.parametrize("kind", ["operator", "privileged"])
def test_no_call_of_an_operator_s_lifts_a_block_or_gets_around_it(
    stage: Stage, people: People, blocked: Blocked, kind: str
) -> None:
    """IAM says no, not just the command line: also to an operator who may do everything else (`privileged`)."""
    credentials = people.named()[kind]
    unknown = UNKNOWN_TO_THE_EMULATOR.get(kind, frozenset()) if stage.is_local else frozenset()

    lifted = not_refused(ways_around(stage, "barred", credentials), but=unknown)

    assert lifted == {}
    assert_blocked(stage, blocked)


def test_the_reconciler_cannot_be_talked_into_lifting_it(stage: Stage, people: People, blocked: Blocked) -> None:
    """An operator may set it off, and nothing that he passes to it changes a block."""
    set_off_reconciler(stage, people.operator)

    assert_blocked(stage, blocked)


@pytest.mark.parametrize("command", ["unpause", "unblock"])
def test_the_command_line_refuses_an_operator_and_says_why(
    stage: Stage, people: People, blocked: Blocked, command: str
) -> None:
    """Exit code 4; and who blocked it, and why, where that is what is asked."""
    ran = stage.run(command, "barred", credentials=people.operator)

    assert ran.code == 4, ran.err
    if command == "unpause":
        assert "barred is blocked by " in ran.err
        assert REASON in ran.err
    assert_blocked(stage, blocked)


def test_an_admin_lifts_it_and_a_pause_beneath_it_stays(stage: Stage, people: People, blocked: Blocked) -> None:
    """Unblocking acts like unpausing, unless the handler was also paused: then it stays paused."""
    stage.sluice("pause", "barred", "--reason", "slow", credentials=people.operator)
    under = stage.status("barred")
    stage.sluice("unblock", "barred")
    row = stage.eventually(lambda: (row := stage.status("barred"))["state"] != "blocked" and row, "the block is lifted")

    assert (under["state"], under["also_paused"]) == ("blocked", True)
    assert (row["state"], row["reason"]) == ("paused", "slow")
    assert blocked.event_id not in {trace["id"] for trace in stage.traces("barred")}

    stage.sluice("unpause", "barred", credentials=people.operator)

    trace = stage.ended("barred", [blocked.event_id])[blocked.event_id]
    assert (trace["status"], trace["attempts"]) == ("ok", 1)
    changes = [change["change"] for change in stage.sluice("history", "barred", "--json").json]
    assert changes[:4] == ["unpaused", "unblocked", "paused", "blocked"]
