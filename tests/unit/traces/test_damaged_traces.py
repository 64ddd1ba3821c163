"""Items in the trace table that can't be read: they are shown as damaged, and do no harm to other events."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sluice import emit
from sluice.cli import program
from sluice.event.ids import new_id
from sluice.traces import DamagedTraceError, Trace
from sluice.traces.item import to_item

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.fake_queues import FakeSqs, Queues

HOUR = 3600.0


DAMAGES: dict[str, Any] = {
    "not compressed": {"trace": {"B": b"no zlib"}},
    "not JSON": {"trace": {"S": "{"}},
    "no object": {"trace": {"S": "[1]"}},
    "no trace": {"trace": None},
    "no status": {"status": None},
    "no event": {"trace": {"S": "{}"}},
    "a null event": {"trace": {"S": '{"event": null}'}},
    "an event of another type": {"trace": {"S": '{"event": 5}'}},
    "a time that is text": {"trace": {"S": '{"event": "1", "started_ms": "x"}'}},
    "an attempt's time that is text": {
        "trace": {"S": '{"event": "1", "history": [{"outcome": "", "started_ms": "x"}]}'}
    },
    "logs of another type": {"trace": {"S": '{"event": "1", "logs": 1}'}},
    "an error of another type": {"trace": {"S": '{"event": "1", "error": {"type": 1}}'}},
    "emitted without an id": {"trace": {"S": '{"event": "1", "emitted": [{"handler": "a"}]}'}},
    "spans of another type": {"trace": {"S": '{"event": "1", "calls": {"spans": {}}}'}},
    "a span with too few fields": {"trace": {"S": '{"event": "1", "calls": {"spans": [["aws"]]}}'}},
    "a span of an unknown kind": {
        "trace": {"S": '{"event": "1", "calls": {"spans": [["x", "", "", 1, 1, null, null, 0, -1]]}}'}
    },
    "a span whose time is text": {
        "trace": {"S": '{"event": "1", "calls": {"spans": [["aws", "", "", "1", 1, null, null, 0, -1]]}}'}
    },
    "a span whose status is a list": {
        "trace": {"S": '{"event": "1", "calls": {"spans": [["aws", "", "", 1, 1, [], null, 0, -1]]}}'}
    },
    "a span of a log without a line": {
        "trace": {"S": '{"event": "1", "calls": {"spans": [["log", "", "", 1, 1, null, "x", 0, -1]]}}'}
    },
    "a span below a call that is not there": {
        "trace": {"S": '{"event": "1", "calls": {"spans": [["aws", "", "", 1, 1, null, null, 0, 5]]}}'}
    },
    "a number of spans that is text": {"trace": {"S": '{"event": "1", "calls": {"more_spans": "x"}}'}},
    "cut of another type": {"trace": {"S": '{"event": "1", "cut": [[]]}'}},
    "too deep to read": {"trace": {"S": '{"event": "1", "result": ' + "[" * 5_000 + "]" * 5_000 + "}"}},
    "a number": {"trace": {"N": "1"}},
    "nothing at all": {"trace": None, "status": None, "attempts": None, "expires_at": None},
}


def put_damaged(cloud: Cloud, event_id: str, damage: str) -> None:
    item: Any = to_item(Trace(id=event_id, handler=HANDLER, status="ok", event="1"), 2**40) | DAMAGES[damage]
    cloud.dynamodb.put_item(
        TableName=cloud.names.trace_table, Item={name: value for name, value in item.items() if value is not None}
    )


@pytest.mark.usefixtures("pythons_recursion_limit")
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_trace_is_shown_among_the_others(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    sound, broken = Trace(id=new_id(), handler=HANDLER, status="ok", event="1"), new_id()
    cloud.store.put(sound)
    put_damaged(cloud, broken, damage)

    assert program.run(["traces", HANDLER, "--json"]) == 0
    listed = {trace["id"]: trace for trace in json.loads(capsys.readouterr().out)}
    assert {event_id: trace["status"] for event_id, trace in listed.items()} == {sound.id: "ok", broken: "damaged"}
    assert f"the trace of {broken} is damaged: " in listed[broken]["error"]["message"]
    assert program.run(["traces", HANDLER, "--status", "damaged"]) == 0
    assert broken in capsys.readouterr().out
    assert program.run(["trace", broken]) == 0
    assert "is damaged: " in capsys.readouterr().out
    with pytest.raises(DamagedTraceError, match=broken):
        cloud.store.get(HANDLER, broken)


def test_a_damaged_trace_has_no_event_to_replay(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    broken = new_id()
    put_damaged(cloud, broken, "not JSON")

    assert program.run(["replay", broken]) == 1

    assert "is damaged" in capsys.readouterr().err
    assert cloud.messages(HANDLER) == []


def test_a_dead_letter_is_shown_without_its_damaged_trace(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    event_id = emit(HANDLER, {"order": 17})
    queues = (cloud.names.queue(HANDLER), cloud.names.dead_letter_queue(HANDLER))
    queue, dead = (cloud.sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in queues)
    (message,) = cloud.sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
    attributes = message["MessageAttributes"]
    cloud.sqs.send_message(QueueUrl=dead, MessageBody=message["Body"], MessageAttributes=attributes)
    put_damaged(cloud, event_id, "no event")

    assert program.run(["dead", "show", HANDLER, event_id, "--json"]) == 0

    shown = json.loads(capsys.readouterr().out)
    assert (shown["event"], shown["trace"]) == ({"order": 17}, None)
    assert f"the trace of {event_id} is damaged" in shown["why"]


class _OneDamaged:
    """Traces of two events that were never started, of which the first is damaged."""

    broken: str | None = None

    def get(self, _: str, event_id: str) -> None:
        self.broken = self.broken or event_id
        if event_id == self.broken:
            raise DamagedTraceError(event_id)


def test_a_throttled_dead_letter_with_a_damaged_trace_stays_and_the_others_are_put_back() -> None:
    there = Queues(FakeSqs(), "a", traces=_OneDamaged())
    for body in ("1", "2"):
        there.sqs.put(there.dead("a"), body, age=HOUR, receives=5)
    there.metrics.throttled = datetime.fromtimestamp(there.sqs.now, UTC)

    for _ in range(6):
        there.run()

    (put_back,), (left,) = (there.sqs.messages(queue("a")) for queue in (there.queue, there.dead))
    assert {put_back.body, left.body} == {"1", "2"}
