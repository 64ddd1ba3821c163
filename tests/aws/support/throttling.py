"""The Lambda console's Throttle button: pressed, with events coming in, and released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.aws.support import console
from tests.aws.support.stage import Stage

EVENTS = 20


@dataclass(frozen=True)
class Throttled:
    """Observations before and after the release.

    Attributes:
        mapping: the state of the event source mapping once the handler was paused.
        status: the handler's row of `sluice status` then.
        started: traces of the events before the button was released.
        ended: all of their traces after that.
        dead: how many dead letters there are.
        history: what `sluice history` says.
    """

    mapping: str
    status: dict[str, Any]
    started: list[dict[str, Any]]
    ended: list[dict[str, Any]]
    dead: int
    history: list[dict[str, Any]]


def press_and_release(stage: Stage) -> Throttled:
    """Press the button, emit, wait until Sluice has paused the handler; release it, and wait until all have run."""
    function = stage.names.function("throttled")
    console.throttle(stage, function)
    lines = "\n".join(str(number) for number in range(EVENTS))
    ids = stage.sluice("emit", "throttled", "--lines", "-", stdin=lines).out.split()
    stage.eventually(lambda: console.mapping(stage, function)["State"] == "Disabled", "the mapping is disabled")
    # On AWS, what was received in that minute comes back after the queue's visibility timeout.
    status = stage.eventually(lambda: _paused(stage), f"{EVENTS} wait, and status says paused")
    mapping = console.mapping(stage, function)["State"]
    started = [trace for trace in stage.traces("throttled") if trace["id"] in ids]
    console.release(stage, function)
    stage.eventually(lambda: stage.is_idle("throttled"), "an empty queue of throttled")
    ended = stage.ended("throttled", ids)
    return Throttled(
        mapping=mapping,
        status=status,
        started=started,
        ended=list(ended.values()),
        dead=stage.status("throttled")["dead"],
        history=stage.sluice("history", "throttled", "--json").json,
    )


def _paused(stage: Stage) -> dict[str, Any] | None:
    row = stage.status("throttled")
    return row if (row["state"], row["waiting"]) == ("paused", EVENTS) else None
