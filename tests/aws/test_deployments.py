"""Promises 5 to 7 across a deployment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.aws.support.redeployment import BLOCKED, NEW, PAUSED, REASON, Redeployed
from tests.aws.support.stage import Stage

STATES = {PAUSED: "paused", BLOCKED: "blocked"}


@pytest.mark.parametrize("handler", STATES)
def test_a_deployment_leaves_a_pause_and_a_block(
    stage: Stage, redeployed: Redeployed, handler: str, answer: Callable[[str], None]
) -> None:
    """Deployments leave it as it is, or the reconciler puts it back; no event starts meanwhile, and none is lost."""
    at_once = redeployed.at_once[handler]["state"]
    event_id = redeployed.waiting[handler]

    def settled() -> bool:
        row = stage.status(handler)
        return (row["state"], row["waiting"]) == (STATES[handler], 1)

    stage.eventually(settled, f"{handler} is {STATES[handler]}, and its event waits")
    row = stage.status(handler)
    answer(f"right after a deployment that changed it, a {STATES[handler]} handler was {at_once}")
    assert row["reason"].startswith(REASON)
    memory = stage.client("lambda").get_function_configuration(FunctionName=stage.names.function(handler))["MemorySize"]
    assert memory == 512, "the deployment did not change it"
    assert event_id not in {trace["id"] for trace in stage.traces(handler)}

    stage.sluice("unblock" if handler == BLOCKED else "unpause", handler)

    trace = stage.ended(handler, [event_id])[event_id]
    assert (trace["status"], trace["attempts"]) == ("ok", 1)


def test_an_event_without_a_handler_is_kept_and_replayed_once_there_is_one(
    stage: Stage, redeployed: Redeployed
) -> None:
    """No handler, no retry: it is recorded, `emit` warns and does not fail, and it can be replayed later."""
    kept = redeployed.kept_as
    assert (kept["status"], kept["attempts"]) == ("no-handler", 0)
    assert "no handler is named 'newcomer'" in redeployed.warning

    replayed = stage.sluice("replay", redeployed.early).out.strip()

    trace = stage.ended(NEW, [replayed])[replayed]
    assert (trace["status"], trace["event"]) == ("ok", kept["event"])


def test_what_a_deployment_does_to_what_was_set_by_hand(redeployed: Redeployed, answer: Callable[[str], None]) -> None:
    """No promise: what AWS does, where nothing puts it back."""
    for line in redeployed.probe:
        answer(f"a deployment that changes memory and batch size, of what was set by hand: {line}")
