"""AWS's own redrive, the console's button: it sends a dead letter again unchanged, with its old envelope."""

from __future__ import annotations

import time

import pytest
from sluice import emit
from sluice.event import envelope
from sluice.event.envelope import ATTRIBUTE, from_text
from sluice.queue import transfer
from sluice.queue.dead_letters import DeadLetters
from sluice.retention import resend
from sluice.retention.budget import Budget
from sluice.retention.state import SweepState
from sluice.retention.sweep import Queue, begin

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.console_redrive import redrive_in_the_console, url_of
from tests.unit.support.function import Function, no_memory
from tests.unit.support.polling import dead_letters, make_visible, poll_until_quiet


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "WAIT_SECONDS", 0)


def put_back(cloud: Cloud) -> None:
    """Have the worker put an event back before its first start."""
    function = Function(cloud, no_memory, batch_size=1)
    for _ in range(3):
        function.receive()
        make_visible(cloud)
    function.poll()


def resend_dead(cloud: Cloud) -> None:
    make_visible(cloud, f"{HANDLER}-dead")
    later = int(time.time() * 1000) + resend.DEAD_AGE_MS
    queue = Queue(cloud.sqs, url_of(cloud, f"{HANDLER}-dead"), HANDLER)
    resend.resend_dead(queue, begin(SweepState(), later), Budget(100, lambda: False))


@pytest.mark.parametrize("before", ["put back", "kept", "both"])
def test_an_event_that_aws_redrove_has_five_more_attempts(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    starts: list[object] = []

    def handle(event: object) -> None:
        starts.append(event)
        raise MemoryError

    event_id = emit(HANDLER, 1)
    if before != "kept":
        put_back(cloud)
    poll_until_quiet(cloud, Function(cloud, handle, batch_size=1))
    # The first of an event's five attempts may have left no trace.
    first_round = len(starts)
    if before != "put back":
        resend_dead(cloud)
    # As if the event had been a dead letter for a while.
    monkeypatch.setattr(envelope, "RESEND_MS", -1)
    assert redrive_in_the_console(cloud) == 1
    function = Function(cloud, handle, batch_size=1)
    poll_until_quiet(cloud, function)

    assert len(starts) == first_round + 5
    (trace,) = function.traces()
    assert (trace.id, trace.status, trace.attempts) == (event_id, "dead", 10)
    assert [attempt.redrive for attempt in trace.history] == [None] * 5 + [1] * 5
    assert dead_letters(cloud) == ["1"]


def test_a_resent_dead_letter_has_no_attempts_left_until_it_is_redriven(cloud: Cloud) -> None:
    event_id = emit(HANDLER, 1)
    poll_until_quiet(cloud, Function(cloud, no_memory, batch_size=1))
    resend_dead(cloud)
    make_visible(cloud, f"{HANDLER}-dead")
    letter, _ = DeadLetters(cloud.sqs, cloud.names, HANDLER).find(event_id)
    assert letter is not None
    assert letter.envelope.attempts_since_ms is not None
    assert letter.envelope.redrives == 0


def test_an_event_that_was_put_back_is_not_taken_for_redriven(cloud: Cloud) -> None:
    emit(HANDLER, 1)
    before = int(time.time() * 1000)
    put_back(cloud)
    make_visible(cloud)
    (message,) = cloud.messages(HANDLER)
    sent = from_text(message["MessageAttributes"][ATTRIBUTE]["StringValue"])
    assert sent is not None
    assert sent.resent_ms is not None
    assert before <= sent.resent_ms <= int(message["Attributes"]["SentTimestamp"]) + 1
    assert sent.read_from_message(int(message["Attributes"]["SentTimestamp"])) == sent
