"""A pause loses no event, however it was made and however long it lasts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sluice import emit, emit_many
from sluice.queue.dead_letters import DeadLetters
from sluice.retention.budget import MOVES_PER_RUN

from tests.unit.support.cloud import HANDLER
from tests.unit.support.long_pauses import DAY, MINUTE, VISIBILITY, Months


def envelope_of(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(message.message_attributes["sluice"]["StringValue"])
    return found


def test_a_month_of_console_pause_loses_no_event(months: Months) -> None:
    """The reconciler runs every five minutes, not every minute, as a month has 43,200 of them."""
    count = 120
    ids = emit_many(HANDLER, [{"n": n} for n in range(count)])
    emitted = {envelope_of(message)["id"]: envelope_of(message)["at"] for message in months.messages()}
    months.function.concurrency = 0

    months.days(30, every=5 * MINUTE)

    assert months.receives == count, "each was received once, before the reconciler's first run"
    assert (months.function.mapping, months.messages(dead=True)) == ("Disabled", [])
    assert {envelope_of(message)["id"]: envelope_of(message)["at"] for message in months.messages()} == emitted
    months.end_pause_in_the_console()
    months.now += MINUTE
    months.poll()
    assert months.runs == dict.fromkeys(range(count), 1)
    assert (months.messages(), months.messages(dead=True)) == ([], [])
    traces = months.cloud.traces(HANDLER)
    assert {trace.id for trace in traces} == set(ids)
    assert all(trace.status == "ok" for trace in traces)


def test_events_emitted_during_a_pause_or_a_sweep_are_not_lost(months: Months) -> None:
    months.function.concurrency = 0
    for n in range(40):
        emit(HANDLER, {"n": n})
        months.days(1, every=60 * MINUTE)

    assert len(months.messages()) == 40
    months.end_pause_in_the_console()
    months.now += 2 * VISIBILITY
    months.poll()
    assert months.runs == dict.fromkeys(range(40), 1)


def test_an_event_that_was_only_resent_has_used_no_attempt(months: Months) -> None:
    months.function.mapping = "Disabled"
    months.function.concurrency = 0
    event_id = emit(HANDLER, {"n": 1})
    months.days(12, every=60 * MINUTE)
    (message,) = months.messages()
    assert envelope_of(message)["kept"] == 2
    months.function.concurrency, months.function.mapping = None, "Enabled"
    months.poll()

    trace = months.cloud.store.get(HANDLER, event_id)
    assert trace is not None
    assert (trace.status, trace.attempts) == ("ok", 1)


def test_an_event_whose_original_message_was_not_deleted_runs_once(
    months: Months, monkeypatch: pytest.MonkeyPatch
) -> None:
    months.function.mapping, months.function.concurrency = "Disabled", 0
    emit(HANDLER, {"n": 1})
    months.minute()
    with monkeypatch.context() as cut:
        cut.setattr(months.cloud.sqs, "delete_message_batch", lambda **_: {})
        months.days(5.01, every=60 * MINUTE)
    assert len(months.messages()) >= 2
    months.now += 3600
    months.function.concurrency, months.function.mapping = None, "Enabled"
    for _ in range(3):
        months.poll()
        months.now += 3600

    assert months.runs == {1: 1}


def test_foreign_messages_keep_their_ids_attributes_and_senders(months: Months) -> None:
    months.function.mapping, months.function.concurrency = "Disabled", 0
    kinds: list[Any] = [{}, {"colour": {"DataType": "String", "StringValue": "red"}}]
    for attributes in kinds:
        months.cloud.sqs.send_message(
            QueueUrl=months.function_code.url, MessageBody='{"n": 7}', MessageAttributes=attributes
        )
    months.days(30, every=60 * MINUTE)

    envelopes = [envelope_of(message) for message in months.messages()]
    assert len({envelope["id"] for envelope in envelopes}) == 2
    assert all(envelope["by"] for envelope in envelopes)
    assert sorted(name for message in months.messages() for name in message.message_attributes) == [
        "colour",
        "sluice",
        "sluice",
    ]


def test_a_run_moves_no_more_messages_than_its_budget(months: Months, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOVES_PER_RUN == 50_000
    monkeypatch.setattr("sluice.reconciler.reconciler.MOVES_PER_RUN", 20)
    months.function.mapping, months.function.concurrency = "Disabled", 0
    emit_many(HANDLER, [{"n": n} for n in range(100)])
    months.minute()
    months.now += 5 * DAY
    moved = months.reconciler.run({"upkeep": True})["moved"]
    assert moved == {HANDLER: 20}
    for _ in range(10):
        months.minute()
    assert all(envelope_of(message)["kept"] == 1 for message in months.messages())
    assert len(months.messages()) == 100


def test_an_event_that_waited_before_the_pause_is_resent_earlier(
    months: Months, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler is too slow for its events, and is paused when the oldest is nine days old."""
    monkeypatch.setattr(months, "poll", lambda: None)
    emit(HANDLER, {"n": 1})
    months.days(9, every=60 * MINUTE)
    months.metrics.oldest = 9 * DAY
    months.function.concurrency = 0
    months.days(21, every=60 * MINUTE)
    assert len(months.messages()) == 1


def test_the_state_of_a_paused_queue_is_stored_until_the_pause_ends(months: Months) -> None:
    months.function.concurrency = 0
    emit(HANDLER, {"n": 1})
    months.days(5.1, every=60 * MINUTE)
    state = months.retention.all()[HANDLER]
    assert state.idle_ms is not None
    assert state.moved_ms is not None
    assert 0 <= months.now * 1000 - state.moved_ms < 0.1 * DAY * 1000
    months.end_pause_in_the_console()
    months.minute()
    state = months.retention.all()[HANDLER]
    assert (state.idle_ms, state.moved_ms, state.live.began_ms) == (None, None, None)


def test_the_queue_of_a_running_handler_is_not_swept(months: Months, monkeypatch: pytest.MonkeyPatch) -> None:
    months.minute()
    monkeypatch.setattr(months, "poll", lambda: None)
    emit(HANDLER, {"n": 1})
    months.days(10, every=60 * MINUTE)
    (message,) = months.messages()
    assert "kept" not in envelope_of(message)
    assert message.approximate_receive_count == 0


def test_dead_letters_stay_until_someone_decides(months: Months) -> None:
    ids = [months.kill(n, attempts=5) for n in range(3)]
    months.days(30, every=60 * MINUTE)

    letters = months.messages(dead=True)
    assert {envelope_of(letter)["id"] for letter in letters} == set(ids)
    assert months.messages() == []
    months.now += 3600
    assert DeadLetters(months.cloud.sqs, months.cloud.names, HANDLER).redrive().done == 3
