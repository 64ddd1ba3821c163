"""Nothing is lost by a pause, however it was made and however long it lasts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sluice import emit, emit_many
from sluice.queue.dead_letters import DeadLetters
from sluice.retention.budget import MOVES_PER_RUN
from sluice.traces import Attempt, Trace

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.long_pauses import DAY, MINUTE, VISIBILITY, Months


@pytest.fixture
def months(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Months:
    return Months(cloud, monkeypatch)


def envelope_of(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(message.message_attributes["sluice"]["StringValue"])
    return found


def test_a_month_of_console_pause_loses_none_of_a_thousand_events(months: Months) -> None:
    ids = emit_many(HANDLER, [{"n": n} for n in range(1000)])
    emitted = {envelope_of(message)["id"]: envelope_of(message)["at"] for message in months.messages()}
    months.function.concurrency = 0

    months.days(30)

    assert months.receives == 1000, "each was received once, before the reconciler's first run"
    assert (months.function.mapping, months.messages(dead=True)) == ("Disabled", [])
    assert {envelope_of(message)["id"]: envelope_of(message)["at"] for message in months.messages()} == emitted
    months.function.concurrency = None
    months.minute()
    months.now += MINUTE
    months.poll()
    assert months.runs == dict.fromkeys(range(1000), 1)
    assert (months.messages(), months.messages(dead=True)) == ([], [])
    traces = months.cloud.store.recent(HANDLER, limit=2000)
    assert {trace.id for trace in traces} == set(ids)
    assert all(trace.status == "ok" for trace in traces)


def test_emitted_during_the_pause_or_between_two_passes_is_kept_all_the_same(months: Months) -> None:
    months.function.concurrency = 0
    for n in range(40):
        emit(HANDLER, {"n": n})
        months.days(1, every=60 * MINUTE)

    assert len(months.messages()) == 40
    months.function.concurrency = None
    months.minute()
    months.now += 2 * VISIBILITY
    months.poll()
    assert months.runs == dict.fromkeys(range(40), 1)


def test_what_was_forwarded_counts_as_not_yet_started(months: Months) -> None:
    """An event that nobody has ever received is not said to have been attempted."""
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


def test_a_copy_whose_original_was_not_deleted_runs_once(months: Months, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_run_moves_no_more_than_it_says(months: Months, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_what_waited_before_the_pause_is_moved_the_sooner(months: Months, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that is too slow for its events, and paused when the oldest is nine days old."""
    monkeypatch.setattr(months, "poll", lambda: None)
    emit(HANDLER, {"n": 1})
    months.days(9, every=60 * MINUTE)
    months.metrics.oldest = 9 * DAY
    months.function.concurrency = 0
    months.days(21, every=60 * MINUTE)
    assert len(months.messages()) == 1


def test_what_is_kept_by_a_pause_is_remembered_until_it_ends(months: Months) -> None:
    months.function.concurrency = 0
    emit(HANDLER, {"n": 1})
    months.days(5.1, every=60 * MINUTE)
    kept = months.retention.all()[HANDLER]
    assert kept.idle_ms is not None
    assert kept.moved_ms is not None
    assert 0 <= months.now * 1000 - kept.moved_ms < 0.1 * DAY * 1000
    months.function.concurrency = None
    months.minute()
    months.minute()
    kept = months.retention.all()[HANDLER]
    assert (kept.idle_ms, kept.moved_ms, kept.live.began_ms) == (None, None, None)


def test_a_handler_that_runs_is_left_alone(months: Months, monkeypatch: pytest.MonkeyPatch) -> None:
    months.minute()
    monkeypatch.setattr(months, "poll", lambda: None)
    emit(HANDLER, {"n": 1})
    months.days(10, every=60 * MINUTE)
    (message,) = months.messages()
    assert "kept" not in envelope_of(message)
    assert message.approximate_receive_count == 0


def die(months: Months, n: int) -> str:
    """An event that used up its attempts, in the dead-letter queue."""
    event_id = emit(HANDLER, {"n": n})
    (message,) = months.messages()
    months.messages().remove(message)
    message.approximate_receive_count = 5
    months.messages(dead=True).append(message)
    return event_id


def with_attempts(months: Months, event_id: str, count: int) -> None:
    now_ms = int(months.now * 1000) + 10_000_000_000_000
    attempts = tuple(Attempt(outcome="started", started_ms=now_ms) for _ in range(count))
    months.cloud.store.put(Trace(id=event_id, handler=HANDLER, status="dead", event="1", history=attempts))


def test_dead_letters_stay_until_someone_decides(months: Months) -> None:
    ids = []
    for n in range(3):
        ids.append(die(months, n))
        with_attempts(months, ids[-1], 5)
    months.days(30, every=60 * MINUTE)

    letters = months.messages(dead=True)
    assert {envelope_of(letter)["id"] for letter in letters} == set(ids)
    assert months.messages() == []
    months.now += 3600
    assert DeadLetters(months.cloud.sqs, months.cloud.names, HANDLER).redrive().done == 3


def test_an_event_that_was_throttled_to_death_is_put_back(months: Months) -> None:
    """Paused and unpaused in the console five times, each time received and never started."""
    event_id = emit(HANDLER, {"n": 1})
    for _ in range(5):
        months.function.concurrency, months.function.mapping = 0, "Enabled"
        months.now += VISIBILITY + 1
        months.poll()
    months.now += VISIBILITY + 1
    months.poll()
    assert [envelope_of(letter)["id"] for letter in months.messages(dead=True)] == [event_id]
    for _ in range(6):
        months.minute()

    assert months.messages(dead=True) == []
    months.function.concurrency = None
    months.minute()
    months.now += VISIBILITY + 1
    months.poll()
    assert months.runs == {1: 1}


def test_an_account_out_of_concurrency_is_told_by_cloudwatch(months: Months) -> None:
    die(months, 1)
    months.throttled_hour()
    for _ in range(6):
        months.minute()

    assert months.messages(dead=True) == []
    assert months.runs == {1: 1}


def test_what_had_its_five_attempts_stays_dead_although_it_was_throttled_too(months: Months) -> None:
    with_attempts(months, die(months, 1), 5)
    months.throttled_hour()
    for _ in range(11):
        months.minute()

    assert len(months.messages(dead=True)) == 1
    assert months.metrics.calls == 1, "CloudWatch is asked once for each change of the number of dead letters"


def test_what_was_never_throttled_stays_dead_although_nothing_is_on_record(months: Months) -> None:
    """A bundle that fails to import leaves no record of its attempts either."""
    die(months, 1)
    for _ in range(6):
        months.minute()
    assert len(months.messages(dead=True)) == 1
    months.now += DAY
    die(months, 2)
    months.metrics.throttled = []
    for _ in range(6):
        months.minute()
    assert len(months.messages(dead=True)) == 2


def test_a_throttle_before_the_event_was_sent_is_no_excuse(months: Months) -> None:
    months.throttled_hour()
    months.now += DAY
    die(months, 1)
    for _ in range(6):
        months.minute()
    assert len(months.messages(dead=True)) == 1
