"""Events that keep a run from its end: some take their process down, some hang."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.aws.support import console
from tests.aws.support.stage import Stage

ATTEMPTS = 5
"""Of an event, at most."""

VISIBILITY = 33
"""Seconds, of the queue of `exits`, in place of the template's three minutes: just over its function's own timeout."""

NEIGHBOURS = 4
EXITS = 2


@dataclass(frozen=True)
class Poisoned:
    """A batch with a poison event in it, at its end.

    Attributes:
        poison: the trace of the event that takes its process down.
        neighbours: the traces of the others.
        starts: how often each event was started, by its id.
        dead: how many dead letters there are.
        batches: how many invocations the last attempts took.
    """

    poison: dict[str, Any]
    neighbours: list[dict[str, Any]]
    starts: dict[str, int]
    dead: int


def poison_a_batch(stage: Stage) -> Poisoned:
    """Emit events together of which the third takes its process down, twice."""
    sqs = stage.client("sqs")
    url = sqs.get_queue_url(QueueName=stage.names.queue("exits"))["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY)})
    marks = [uuid4().hex for _ in range(NEIGHBOURS + 1)]
    events = [{"mark": mark, "exits": EXITS if index == 2 else 0} for index, mark in enumerate(marks)]
    ids = stage.sluice("emit", "exits", "--lines", "-", stdin="\n".join(map(json.dumps, events))).out.split()
    stage.eventually(lambda: stage.is_idle("exits"), "an empty queue of exits")
    traces = stage.ended("exits", ids)
    return Poisoned(
        poison=traces[ids[2]],
        neighbours=[traces[one] for one in ids if one != ids[2]],
        starts={one: stage.starts(mark) for one, mark in zip(ids, marks, strict=True)},
        dead=stage.status("exits")["dead"],
    )


@dataclass(frozen=True)
class Hung:
    """Three events that hung until their attempts were used up, and were put back after that.

    Attributes:
        dead: their traces as dead letters: two of events that were emitted, and that of a foreign message.
        starts: how often each had been started by then.
        shown: what `sluice dead show` says of the first.
        redriven: the trace of the first after `sluice dead redrive`.
        by_console: the trace of the second after the console's redrive.
        foreign: the traces with the foreign message's event after that, newest first.
    """

    dead: list[dict[str, Any]]
    starts: list[int]
    shown: dict[str, Any]
    redriven: dict[str, Any]
    by_console: dict[str, Any]
    foreign: list[dict[str, Any]]


def hang(stage: Stage) -> Hung:
    """Have three events hang five times each; then put one back by the command line, the others by the console."""
    marks = [uuid4().hex for _ in range(3)]
    first, second, sent = [json.dumps({"mark": mark, "hangs": ATTEMPTS}) for mark in marks]
    ids = stage.sluice("emit", "hangs", "--lines", "-", stdin=f"{first}\n{second}").out.split()
    stage.send("hangs", sent)

    def about(mark: str) -> list[dict[str, Any]]:
        return [trace for trace in stage.traces("hangs") if trace["event"]["mark"] == mark]

    stage.eventually(lambda: stage.in_queue(stage.names.dead_letter_queue("hangs")) >= len(marks), "three dead letters")
    dead = [about(mark)[0] for mark in marks]
    starts = [stage.starts(mark) for mark in marks]
    shown = stage.sluice("dead", "show", "hangs", ids[0], "--json").json
    stage.sluice("dead", "redrive", "hangs", "--id", ids[0])
    redriven = _done(stage, ids[0])
    console.redrive(stage, "hangs")
    by_console = _done(stage, ids[1])
    stage.eventually(lambda: "ok" in [trace["status"] for trace in about(marks[2])], "the foreign message's run")
    return Hung(dead, starts, shown, redriven, by_console, about(marks[2]))


def _done(stage: Stage, event_id: str) -> dict[str, Any]:
    def done() -> dict[str, Any] | None:
        return next((t for t in stage.traces("hangs") if t["id"] == event_id and t["status"] == "ok"), None)

    return stage.eventually(done, f"{event_id} runs to its end")
