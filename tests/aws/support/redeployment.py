"""A deployment while a handler is paused and another blocked, with events waiting for both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.aws.support import console, probes
from tests.aws.support.stage import Stage

PAUSED, BLOCKED, NEW = "kept-paused", "kept-blocked", "newcomer"

REASON = "stays"


@dataclass(frozen=True)
class Redeployed:
    """Observations around the deployment.

    Attributes:
        waiting: the id of the event that waited for each of the two handlers.
        early: the id of the event that was emitted to a handler which that deployment brought.
        kept_as: that event's trace before the deployment.
        warning: what `sluice emit` said of it.
        at_once: the rows of `sluice status` right after the deployment.
        probe: what the deployment left of what had been set by hand, a line each.
    """

    waiting: dict[str, str]
    early: str
    kept_as: dict[str, Any]
    warning: str
    at_once: dict[str, dict[str, Any]]
    probe: list[str]


def redeploy(stage: Stage) -> Redeployed:
    """Pause, block, emit, and deploy a change of all that."""
    stage.sluice("pause", PAUSED, "--reason", REASON)
    stage.sluice("block", BLOCKED, "--reason", REASON)
    waiting = {handler: stage.sluice("emit", handler, '"waits"').out.strip() for handler in (PAUSED, BLOCKED)}
    emitted = stage.sluice("emit", NEW, f'"{uuid4().hex}"')
    early = emitted.out.strip()
    kept_as = next(trace for trace in stage.traces(NEW) if trace["id"] == early)
    before = _set_by_hand(stage)
    stage.deploy(2)
    probe = _compare(before, _state(stage))
    rows = {row["handler"]: row for row in stage.sluice("status", "--json").json}
    return Redeployed(waiting, early, kept_as, emitted.err, rows, probe)


def _set_by_hand(stage: Stage) -> dict[str, Any]:
    """Do to the probe what people do in the console, of which the template knows nothing."""
    client, function = stage.client("lambda"), probes.name_of(stage, "measured")
    console.set_mapping(stage, function, enabled=False)
    stage.eventually(lambda: console.mapping(stage, function)["State"] == "Disabled", "the probe's mapping is disabled")
    console.throttle(stage, function)
    for arn in (console.function_arn(stage, function), console.mapping_arn(stage, function)):
        client.tag_resource(Resource=arn, Tags={probes.TAG: "x"})
    wanted = {"reserved concurrency": 0, "the mapping's state": "Disabled", "tag": "x", "the mapping's tag": "x"}
    stage.eventually(lambda: _state(stage).items() >= wanted.items(), "all of it shows")
    return _state(stage)


def _state(stage: Stage) -> dict[str, Any]:
    client, function = stage.client("lambda"), probes.name_of(stage, "measured")
    found = console.mapping(stage, function)

    def tag_of(arn: str) -> Any:
        return client.list_tags(Resource=arn)["Tags"].get(probes.TAG)

    return {
        "memory": client.get_function_configuration(FunctionName=function)["MemorySize"],
        "the mapping's batch size": found["BatchSize"],
        "reserved concurrency": console.concurrency(stage, function),
        "the mapping's state": found["State"],
        "tag": tag_of(console.function_arn(stage, function)),
        "the mapping's tag": tag_of(console.mapping_arn(stage, function)),
    }


def _compare(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [
        f"{what} {'stays ' + repr(value) if after[what] == value else f'{value!r} becomes {after[what]!r}'}"
        for what, value in before.items()
    ]
