"""Promises 1 and 9: an event runs in the handler of its name, whichever way it was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from statistics import median
from typing import Any
from uuid import uuid4

import pytest

from tests.aws.support.stage import Stage

EVENT = {"id": 7, "name": "Zoë", "list": [1, None, 0.5]}


def only(stage: Stage, handler: str, event: Any) -> dict[str, Any]:
    """The one trace with an event that nobody has the id of."""

    def found() -> list[dict[str, Any]]:
        return [trace for trace in stage.traces(handler) if trace["event"] == event and trace["status"] == "ok"]

    (trace,) = stage.eventually(found, f"a trace of {event!r}")
    return trace


def test_what_the_library_emits_runs_in_the_handler_of_that_name(stage: Stage) -> None:
    """Same name: an event emitted to NAME runs in handler NAME, with the emitted value as `event`."""
    event_id = stage.emit_from_python("echo", EVENT)

    trace = stage.ended("echo", [event_id])[event_id]

    assert (trace["handler"], trace["status"], trace["attempts"]) == ("echo", "ok", 1)
    assert trace["event"] == trace["result"] == EVENT


def test_what_the_command_line_emits_runs_too(stage: Stage, answer: Callable[[str], None]) -> None:
    """Same name, by `sluice emit`; a line each."""
    lines = [json.dumps(EVENT | {"number": number}) for number in range(10)]

    ids = stage.sluice("emit", "echo", "--lines", "-", stdin="\n".join(lines)).out.split()

    traces = stage.ended("echo", ids)
    assert [traces[event_id]["event"] for event_id in ids] == [json.loads(line) for line in lines]
    assert {trace["status"] for trace in traces.values()} == {"ok"}
    waits = [trace["wait_ms"] for trace in traces.values()]
    answer(f"from emit to start, 10 events together: {median(waits):.0f} ms for half of them, {max(waits)} at most")


def test_what_a_handler_emits_runs_and_knows_what_emitted_it(stage: Stage) -> None:
    """Same name, from a handler; each trace says what it emitted, and who emitted it."""
    event_id = stage.emit_from_python("relay", {"to": "echo", "event": EVENT})

    relayed = stage.ended("relay", [event_id])[event_id]
    trace = stage.ended("echo", [relayed["result"]])[relayed["result"]]

    assert [emitted["id"] for emitted in relayed["emitted"]] == [trace["id"]]
    assert (trace["event"], trace["parent"], trace["emitted_by"]) == (EVENT, event_id, "relay")


@pytest.mark.parametrize("kind", ["json", "text"])
def test_a_message_of_any_sdk_is_an_event(stage: Stage, kind: str) -> None:
    """SDK `send_message` is an emit: JSON arrives parsed, any other text as that text."""
    unique = uuid4().hex
    body, event = (f'{{"id": "{unique}"}}', {"id": unique}) if kind == "json" else (f"<{unique}> &", f"<{unique}> &")

    stage.send("echo", body)

    trace = only(stage, "echo", event)
    assert (trace["result"], trace["attempts"], trace["parent"]) == (event, 1, None)


def test_a_delayed_event_starts_no_sooner_than_it_may(stage: Stage) -> None:
    """`emit(..., delay=SECONDS)`: for up to 15 minutes SQS keeps it."""
    event_id = stage.emit_from_python("echo", "later", delay=5)

    trace = stage.ended("echo", [event_id])[event_id]

    emitted, started = (datetime.fromisoformat(trace[name]) for name in ("emitted_at", "started_at"))
    # SQS's clock and the emitter's differ by some milliseconds.
    assert (started - emitted).total_seconds() > 4.5
    assert trace["status"] == "ok"
