"""Any message is an event, whoever sent it."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import Any

import pytest
from sluice.event.envelope import ATTRIBUTE, LAST_MS, RESEND_MS, Envelope
from sluice.event.from_message import read_message
from sluice.event.ids import id_of_message, id_of_tick, new_id
from sluice.event.scheduled_envelope import wrap
from sluice.event.ticks import EMITTED_BY
from sluice.traces.trace import iso

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.counted import DUE, tick
from tests.unit.support.function import Function
from tests.unit.support.polling import make_visible

# An hour ahead: an id is not believed that is much younger than its message, and a whole run of the tests takes long.
SENT = int(time.time() * 1000) + 3_600_000

LAST_ID = "ffffffff-ffff-7fff-8fff-ffffffffffff"


def send(cloud: Cloud, body: str, envelope: Envelope | None = None) -> None:
    url = cloud.sqs.get_queue_url(QueueName=cloud.names.queue(HANDLER))["QueueUrl"]
    attributes: Any = envelope and {ATTRIBUTE: {"DataType": "String", "StringValue": envelope.to_text()}}
    cloud.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes or {})


def test_an_id_with_a_time_beyond_the_calendar_is_an_id(cloud: Cloud) -> None:
    ran: list[object] = []
    send(cloud, wrap("1", Envelope(id=LAST_ID, emitted_ms=1, emitted_by=EMITTED_BY)))
    function = Function(cloud, ran.append)
    function.receive()
    make_visible(cloud)
    assert function.poll()["batchItemFailures"] == []
    assert ran == [1]


def test_an_envelope_with_a_time_beyond_the_calendar_is_ignored(cloud: Cloud) -> None:
    function = Function(cloud, lambda event: event)
    send(cloud, "1", Envelope(id=new_id(), emitted_ms=LAST_MS + 1))
    send(cloud, "2", Envelope(id=new_id(), emitted_ms=LAST_MS))
    function.poll()
    printed = {trace.event: json.loads(trace.to_json())["emitted_at"] for trace in function.traces()}
    assert max(printed["1"], printed["2"]) < "9999"
    assert iso(LAST_MS + 1) is None


def test_an_envelope_with_a_name_too_long_for_a_trace_is_ignored(cloud: Cloud) -> None:
    ran: list[object] = []
    function = Function(cloud, ran.append)
    send(cloud, "1", Envelope(id=new_id(), emitted_ms=1, emitted_by="\x00\U0001f600" * 100_000))
    function.receive()
    make_visible(cloud)
    function.poll()
    assert ran == [1]


# ---- how a message is read


def read(text: str, attribute: object = None) -> tuple[str, Envelope]:
    text, envelope, claim = read_message(text, attribute, handler=HANDLER, message_id="m", sent_ms=SENT)
    assert claim is None
    return text, envelope


def test_an_emitted_event_has_the_envelope_of_its_attribute() -> None:
    envelope = Envelope(id=new_id(), emitted_ms=1, emitted_by="audit-log", key="k")
    assert read("x", envelope.to_text()) == ("x", envelope)


def test_an_event_that_aws_redrove_begins_anew() -> None:
    envelope = Envelope(id=new_id(), emitted_ms=1)
    put_back = envelope.put_back(sender=None, receives=4, sent_ms=1, now_ms=SENT - RESEND_MS - 1)
    assert read("x", put_back.to_text()) == ("x", dataclasses.replace(envelope, redrives=1))


@pytest.mark.parametrize("attribute", [None, 5, b"x", "", "x", "{}", '{"id":"x","at":1}'])
def test_a_message_without_an_envelope_of_ours_gets_one_of_its_id_and_time(attribute: object) -> None:
    assert read("x", attribute) == ("x", Envelope(id=id_of_message("m", SENT), emitted_ms=SENT))


def test_a_tick_gets_an_envelope_of_its_cron_and_the_time_it_was_due() -> None:
    _, envelope = read(tick())
    due_ms = int(DUE.timestamp() * 1000)
    assert envelope == Envelope(
        id=id_of_tick(HANDLER, due_ms), emitted_ms=SENT, emitted_by=EMITTED_BY, claimant=id_of_message("m", SENT)
    )


def test_another_handlers_tick_is_an_event_like_any_other() -> None:
    body = tick(cron="another")
    assert read(body) == (body, Envelope(id=id_of_message("m", SENT), emitted_ms=SENT))


def test_a_scheduled_event_has_the_envelope_in_its_body() -> None:
    envelope = Envelope(id=new_id(), emitted_ms=1, parent=new_id(), hops=2)
    expected = dataclasses.replace(envelope, claimant=id_of_message("m", SENT))
    assert read(wrap('{"n":1}', envelope)) == ('{"n":1}', expected)
