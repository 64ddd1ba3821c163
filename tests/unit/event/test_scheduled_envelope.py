"""Delayed events as Scheduler sends them: with the envelope in the body, and possibly twice."""

from __future__ import annotations

import json

import pytest
from sluice.event.envelope import Envelope
from sluice.event.from_message import read_message
from sluice.event.ids import id_of_tick
from sluice.event.scheduled_envelope import unwrap, wrap

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.counted import Runs, function, send


@pytest.fixture
def runs() -> Runs:
    return Runs()


def test_an_event_is_unwrapped_as_it_was_wrapped() -> None:
    envelope = Envelope(id=id_of_tick("x", 1), emitted_ms=5, parent=id_of_tick("y", 2), hops=3)
    text = wrap('{"a":"<aws.scheduler.scheduled-time>\\n"}', envelope)

    assert "<aws.scheduler." not in text
    found = unwrap(text, claimant="m")
    assert found is not None
    body, unwrapped = found
    assert json.loads(body) == {"a": "<aws.scheduler.scheduled-time>\n"}
    assert (unwrapped.id, unwrapped.parent, unwrapped.hops) == (envelope.id, envelope.parent, 3)


@pytest.mark.parametrize(
    "text", ["", "sluice-scheduled", "sluice-scheduled \n1", 'sluice-scheduled {"id":1}\n1', '"x"']
)
def test_text_that_only_looks_wrapped_is_an_event(text: str) -> None:
    assert unwrap(text, claimant="m") is None
    assert read_message(text, None, handler=HANDLER, message_id="m", sent_ms=1)[0] == text


def test_an_event_that_scheduler_sends_twice_runs_once(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    envelope = Envelope(id=id_of_tick("x", 1), emitted_ms=5)
    for _ in range(2):
        send(cloud, wrap('{"n":1}', envelope))
    made.poll()

    assert runs.events == [{"n": 1}]
    (trace,) = made.traces()
    assert (trace.id, trace.event) == (envelope.id, '{"n":1}')


def test_an_event_with_a_key_that_scheduler_sends_twice_runs_once(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    first, second = (Envelope(id=id_of_tick("x", n), emitted_ms=5, key="order-7", window=60) for n in (1, 2))
    for envelope in (first, first, second, second):
        send(cloud, wrap('{"n":1}', envelope))
    made.poll()

    assert runs.events == [{"n": 1}]
    duplicates = {trace.id: trace.duplicate_of for trace in made.traces()}
    (ran,) = [event_id for event_id, duplicate in duplicates.items() if duplicate is None]
    (other,) = {first.id, second.id} - {ran}
    assert duplicates == {ran: None, other: ran}


def test_an_event_that_scheduler_sent_has_no_sender_but_its_handler(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    outside, handler = (
        Envelope(id=id_of_tick("x", n), emitted_ms=5, emitted_by=by) for n, by in ((1, None), (2, "audit-log"))
    )
    for envelope in (outside, handler):
        send(cloud, wrap("1", envelope))
    made.poll()

    assert {trace.id: trace.emitted_by for trace in made.traces()} == {outside.id: None, handler.id: "audit-log"}
