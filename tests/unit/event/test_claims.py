"""A message's claims about itself cost nobody but its sender."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice import emit
from sluice.event.claims import SKEW_MS, TICK_SKEW_MS, false_claim
from sluice.event.envelope import ATTRIBUTE, MAX_KEY_WINDOW, Envelope, from_text
from sluice.event.ids import first_id_at, id_of_message, id_of_tick, new_id, time_of_id
from sluice.event.scheduled_envelope import wrap
from sluice.event.ticks import EMITTED_BY

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.counted import DUE, Runs, function, tick
from tests.unit.support.function import Function

SENT = 1_900_000_000_000


@pytest.fixture
def runs() -> Runs:
    return Runs()


def send(cloud: Cloud, body: str, envelope: Envelope | None = None) -> None:
    url = cloud.sqs.get_queue_url(QueueName=cloud.names.queue(HANDLER))["QueueUrl"]
    attributes: Any = envelope and {ATTRIBUTE: {"DataType": "String", "StringValue": envelope.to_text()}}
    cloud.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes or {})


def doubt(envelope: Envelope, text: str = "1", sent_ms: int = SENT) -> str | None:
    return false_claim(envelope, text, handler=HANDLER, sent_ms=sent_ms)


def envelope_at(id_ms: int, **fields: Any) -> Envelope:
    return Envelope(**{"id": new_id(id_ms / 1000), "emitted_ms": id_ms, **fields})


# ---- ticks


def test_the_body_of_a_future_tick_does_not_keep_that_tick_from_running(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    send(cloud, tick(due))
    made.poll()

    (trace,) = made.traces()
    assert trace.id != id_of_tick(HANDLER, int(due.timestamp() * 1000))
    assert trace.emitted_by != EMITTED_BY
    assert trace.claim == "the message claimed to be a tick that is not due yet"
    assert (
        made.cloud.store.locks.take_event(HANDLER, id_of_tick(HANDLER, int(due.timestamp() * 1000)), "m", 1).message
        == "m"
    )


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_envelope_with_a_ticks_id_and_another_body_does_not_take_its_place(
    cloud: Cloud, runs: Runs, *, wrapped: bool
) -> None:
    made = function(cloud, runs)
    id_of_it = id_of_tick(HANDLER, int(DUE.timestamp() * 1000))
    lie = Envelope(id=id_of_it, emitted_ms=1, claimant="x", emitted_by=EMITTED_BY)
    send(cloud, wrap('"mine"', lie)) if wrapped else send(cloud, '"mine"', lie)
    made.poll()
    send(cloud, tick())
    made.poll()

    assert runs.events[1] == {"cron": HANDLER, "scheduled_at": "2025-12-01T02:00:00Z"}
    claims = {trace.id == lie.id: trace.claim for trace in made.traces()}
    assert claims == {False: f"the message claimed the id {lie.id}, which is another tick's", True: None}


def test_a_tick_that_was_put_back_is_believed() -> None:
    due_ms = int(DUE.timestamp() * 1000)
    put_back = Envelope(id=id_of_tick(HANDLER, due_ms), emitted_ms=due_ms, emitted_by=EMITTED_BY, claimant="m")

    assert doubt(put_back, tick()) is None
    assert doubt(put_back, tick(), sent_ms=due_ms - TICK_SKEW_MS) is None
    assert doubt(put_back, tick(), sent_ms=due_ms - TICK_SKEW_MS - 1)
    assert doubt(put_back, tick(DUE + timedelta(minutes=1)))
    assert doubt(put_back, tick(cron="another"))


# ---- times


@pytest.mark.parametrize("field", ["emitted_ms", "attempts_since_ms"])
def test_a_time_after_the_message_was_sent_is_not_believed(field: str) -> None:
    assert doubt(envelope_at(SENT, **{field: SENT + SKEW_MS})) is None
    assert doubt(envelope_at(SENT, **{field: SENT + SKEW_MS + 1}))
    assert doubt(envelope_at(SENT + SKEW_MS + 1, emitted_ms=SENT))


def test_an_id_from_the_future_does_not_stay_at_the_top_of_the_list(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    lie = Envelope(id=first_id_at(datetime(2100, 1, 1, tzinfo=UTC).timestamp()), emitted_ms=1)
    send(cloud, "1", lie)
    made.poll()
    emit(HANDLER, 2)
    made.poll()

    newest, oldest = made.cloud.store.recent(HANDLER)
    assert (newest.event, oldest.event) == ("2", "1")
    assert oldest.claim == f"the message claimed the id {lie.id} and a time after it was sent"
    assert (time_of_id(oldest.id) or 0) < time.time() + 1


@given(st.integers(1, SENT), st.integers(0, SENT), st.integers(0, 50), st.integers(0, 50))
def test_all_that_our_own_envelopes_say_is_believed(emitted: int, waited: int, receives: int, resends: int) -> None:
    envelope = envelope_at(emitted)
    now = emitted + waited
    for one in (
        envelope,
        envelope.put_back(sender=None, receives=receives, sent_ms=emitted, now_ms=now),
        envelope.resent(sender=None, receives=resends, sent_ms=emitted, now_ms=now, sweep_ms=now),
        envelope.redriven(sender="x"),
    ):
        assert doubt(one, sent_ms=now) is None
        assert from_text(one.to_text()) == one


# ---- keys


def test_a_keys_window_is_a_year_at_most() -> None:
    longest = envelope_at(SENT, key="k", window=MAX_KEY_WINDOW)

    assert from_text(longest.to_text()) == longest
    assert from_text(dataclasses.replace(longest, window=MAX_KEY_WINDOW + 1).to_text()) is None


def test_a_window_of_ages_keeps_no_event_with_the_key_from_running(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    send(cloud, '"mine"', Envelope(id=new_id(), emitted_ms=1, key="k", window=1 << 47))
    made.poll()
    emit(HANDLER, "theirs", key="k")
    made.poll()

    assert runs.events == ["mine", "theirs"]


# ---- the id of an event that has completed


def test_a_run_under_the_id_of_a_completed_event_is_seen(cloud: Cloud, runs: Runs) -> None:
    made = function(cloud, runs)
    event_id = emit(HANDLER, "theirs")
    made.poll()
    send(cloud, '"mine"', Envelope(id=event_id, emitted_ms=1))
    made.poll()

    traces = {trace.event: trace for trace in made.traces()}
    assert traces['"theirs"'].id == event_id
    assert traces['"theirs"'].claim is None
    assert traces['"mine"'].result == 2
    assert traces['"mine"'].claim == f"the message claimed the id {event_id}, whose event had completed in another run"


def test_a_trace_whose_write_was_answered_late_is_one_trace(cloud: Cloud, runs: Runs, made_twice: Function) -> None:
    emit(HANDLER, 1)
    made_twice.poll()

    (trace,) = made_twice.traces()
    assert trace.claim is None


@pytest.fixture
def made_twice(cloud: Cloud, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> Function:
    """A function whose traces are each written twice, as when an answer gets lost and the client tries again."""
    made = function(cloud, runs)
    put = made.cloud.store.put

    def twice(trace: Any) -> bool:
        put(trace)
        return put(trace)

    monkeypatch.setattr(made.cloud.store, "put", twice)
    return made


def test_an_id_of_a_message_is_its_own() -> None:
    assert doubt(Envelope(id=id_of_message("m", SENT), emitted_ms=SENT)) is None
