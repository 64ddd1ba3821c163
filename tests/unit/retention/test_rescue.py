"""Dead letters that never had five attempts are put back into their queue."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sluice import emit
from sluice.retention import rescue
from sluice.retention.state import RetentionState, SweepState
from sluice.worker import attempts

from tests.unit.support.cloud import HANDLER
from tests.unit.support.fake_queues import DAY, FakeSqs, Queues
from tests.unit.support.long_pauses import VISIBILITY, Months
from tests.unit.support.sweep_marks import envelope_of, marked, with_budget

HOUR = 3600.0


@pytest.mark.parametrize("order", ["oldest", "random"])
def test_more_throttled_dead_letters_than_a_run_can_receive_are_all_put_back(
    monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    with_budget(monkeypatch, 50, 50)
    there = Queues(FakeSqs(order), "a")
    # Those sent after the last throttle come first.
    for n in range(300):
        there.sqs.put(there.dead("a"), f"rightly-{n}", age=HOUR, receives=5)
    for n in range(70):
        there.sqs.put(there.dead("a"), f"throttled-{n}", age=4 * HOUR, receives=5)
    for message in there.sqs.messages(there.dead("a")):
        message.number += 1000 * (message.body[0] == "t")
        if order == "oldest":
            message.sent = there.sqs.now - (5 if message.body[0] == "r" else 4) * HOUR
    there.metrics.throttled = datetime.fromtimestamp(there.sqs.now - 4 * HOUR, UTC)
    if order == "oldest":
        # The others stay for another reason.
        monkeypatch.setattr(rescue, "is_rescuable", lambda letter, *_: letter.body.startswith("throttled"))
    runs = 0
    while (
        not runs or there.retention.all()["a"].rescue.began_ms is not None or not there.retention.all()["a"].dead_seen
    ):
        there.run()
        runs += 1
        assert runs < 80, "the sweep does not end"
    assert sorted(message.body for message in there.sqs.messages(there.queue("a"))) == sorted(
        f"throttled-{n}" for n in range(70)
    )
    assert len(there.sqs.messages(there.dead("a"))) == 300
    # The day's sweep of old dead letters comes after it.
    while there.retention.all()["a"].dead.last_ms is None:
        there.run()
    calls = there.sqs.calls["receive"]
    for _ in range(11):
        there.run()
    assert there.sqs.calls["receive"] == calls, "a sweep that is done begins again only when the count changes"


def test_a_throttled_event_that_was_resent_is_put_back() -> None:
    there = Queues(FakeSqs(), "a")
    there.sqs.put(there.dead("a"), age=6 * DAY, receives=5)
    there.run()
    (letter,) = there.sqs.messages(there.dead("a"))
    assert envelope_of(letter)["kept"] == 1
    there.metrics.throttled = datetime.fromtimestamp(there.sqs.now - 6 * DAY, UTC)
    there.sqs.put(there.dead("a"), "of today", receives=5)
    for _ in range(6):
        there.run()
    assert [message.body for message in there.sqs.messages(there.queue("a"))] == ["1"]
    assert [message.body for message in there.sqs.messages(there.dead("a"))] == ["of today"]


def test_a_rescue_waits_for_the_end_of_another_sweep_of_the_dead_letters() -> None:
    there = Queues(FakeSqs(), "a")
    there.sqs.put(there.dead("a"), age=HOUR, receives=5)
    there.metrics.throttled = datetime.fromtimestamp(there.sqs.now, UTC)
    now_ms = int(there.sqs.now * 1000)
    there.retention.put(
        "a",
        RetentionState(dead=SweepState(began_ms=now_ms - 1, served_ms=now_ms), rescue=SweepState(began_ms=now_ms - 2)),
    )
    there.run()
    assert (there.retention.all()["a"].rescue.runs, there.retention.all()["a"].rescue.last_ms) == (0, None)


def test_an_event_with_too_many_receives_is_not_put_back() -> None:
    there = Queues(FakeSqs(), "a")
    there.metrics.throttled = datetime.fromtimestamp(there.sqs.now, UTC)
    for receives in (attempts.MAX_TOTAL_RECEIVES - 1, attempts.MAX_TOTAL_RECEIVES):
        there.sqs.put(there.dead("a"), str(receives), age=60, receives=5)
        there.sqs.messages(there.dead("a"))[-1].attributes = marked(1, receives=receives)
    for _ in range(6):
        there.run()
    assert [message.body for message in there.sqs.messages(there.queue("a"))] == [str(attempts.MAX_TOTAL_RECEIVES - 1)]
    assert [message.body for message in there.sqs.messages(there.dead("a"))] == [str(attempts.MAX_TOTAL_RECEIVES)]


def test_an_event_that_was_throttled_five_times_is_put_back(months: Months) -> None:
    """The handler is paused and unpaused in the console, and the event received and not started, five times."""
    event_id = emit(HANDLER, {"n": 1})
    for _ in range(5):
        months.function.concurrency, months.function.mapping = 0, "Enabled"
        months.now += VISIBILITY + 1
        months.poll()
    months.now += VISIBILITY + 1
    months.poll()
    assert [
        json.loads(letter.message_attributes["sluice"]["StringValue"])["id"] for letter in months.messages(dead=True)
    ] == [event_id]
    for _ in range(6):
        months.minute()

    assert months.messages(dead=True) == []
    months.end_pause_in_the_console()
    months.now += VISIBILITY + 1
    months.poll()
    assert months.runs == {1: 1}


def test_an_event_is_put_back_if_cloudwatch_has_throttles(months: Months) -> None:
    months.kill(1)
    months.throttled_hour()
    for _ in range(6):
        months.minute()

    assert months.messages(dead=True) == []
    assert months.runs == {1: 1}


def test_a_dead_letter_with_five_attempts_stays_although_it_was_throttled_too(months: Months) -> None:
    months.kill(1, attempts=5)
    months.throttled_hour()
    for _ in range(11):
        months.minute()

    assert len(months.messages(dead=True)) == 1
    assert months.metrics.calls == 1, "CloudWatch is asked once for each change of the number of dead letters"


def test_a_dead_letter_that_was_never_throttled_stays_although_it_has_no_trace(months: Months) -> None:
    """Attempts of a bundle that fails to import leave no trace either."""
    months.kill(1)
    for _ in range(6):
        months.minute()
    assert len(months.messages(dead=True)) == 1
    months.now += DAY
    months.kill(2)
    months.metrics.throttled = []
    for _ in range(6):
        months.minute()
    assert len(months.messages(dead=True)) == 2


def test_a_dead_letter_sent_after_the_last_throttle_stays(months: Months) -> None:
    months.throttled_hour()
    months.now += DAY
    months.kill(1)
    for _ in range(6):
        months.minute()
    assert len(months.messages(dead=True)) == 1
