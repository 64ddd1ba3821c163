from __future__ import annotations

import json
import random
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sluice.event.ids import id_of_message, new_id
from sluice.traces import Attempt, Trace, TraceStore
from sluice.traces.item import MAX_BYTES, SHARDS, from_item, shard_key, to_item
from sluice.traces.trace import iso

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.values import JSON


def a_trace(**fields: Any) -> Trace:
    return Trace(**({"id": new_id(), "handler": HANDLER, "status": "ok", "event": "{}"} | fields))


TEXT = st.text(st.characters())
ATTEMPTS = st.builds(
    Attempt, outcome=TEXT, started_ms=st.none() | st.integers(0, 2**41), request_id=st.none() | TEXT, reason=TEXT
)


@settings(deadline=None)
@given(
    st.builds(
        a_trace,
        event=TEXT,
        result=JSON,
        logs=TEXT,
        history=st.lists(ATTEMPTS).map(tuple),
        error=st.none() | st.fixed_dictionaries({"type": TEXT, "message": TEXT, "traceback": TEXT}),
        emitted=st.lists(st.fixed_dictionaries({"handler": TEXT, "id": TEXT})).map(tuple),
        hops=st.integers(0, 100),
        finished_ms=st.none() | st.integers(0, 2**41),
        cut=st.just(()),
    )
)
def test_a_trace_comes_back_as_it_was(trace: Trace) -> None:
    item = to_item(trace, 1)
    for value in item.values():
        json.dumps(str(value)).encode()  # no lone surrogates, which DynamoDB refuses
    assert from_item(item) == trace


def test_a_small_trace_is_one_write_unit() -> None:
    ran = a_trace(
        event=json.dumps({"id": "1001", "email": "ada@example.com", "total": "19.90", "note": "x" * 100}),
        emitted_ms=1_795_459_255_578,
        emitted_by="order-placed",
        parent=new_id(),
        hops=1,
        started_ms=1_795_459_255_978,
        finished_ms=1_795_459_256_078,
        request_id="4e7cf0a1-1f0c-4f0e-9f0a-6b1e6d0a7c11",
        log_stream="2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef",
        history=(
            Attempt(outcome="ok", started_ms=1_795_459_255_978, request_id="4e7cf0a1-1f0c-4f0e-9f0a-6b1e6d0a7c11"),
        ),
    )
    item = to_item(ran, 1_800_000_000)
    size = sum(len(name) + len(str(next(iter(value.values())))) for name, value in item.items())
    assert size <= 1_024
    assert from_item(item) == ran


def noise(characters: int) -> str:
    return "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=characters))


@pytest.mark.parametrize(
    ("fields", "cut"),
    [
        ({"logs": "x" * 10_000_000}, ()),
        ({"event": noise(1_000_000)}, ("event",)),
        ({"event": noise(200_000), "logs": noise(600_000)}, ("logs",)),
        ({"event": noise(900_000), "logs": noise(900_000), "result": noise(900_000)}, ("event", "logs", "result")),
        ({"event": "1", "error": {"type": "E", "message": noise(800_000), "traceback": ""}}, ("error",)),
    ],
)
def test_a_large_trace_is_cut_to_fit_and_says_so(cloud: Cloud, fields: dict[str, Any], cut: tuple[str, ...]) -> None:
    trace = a_trace(**fields)
    packed: Any = to_item(trace, 1)["trace"]
    assert len(packed.get("B") or packed["S"].encode()) <= MAX_BYTES
    cloud.store.put(trace)
    read = cloud.store.get(HANDLER, trace.id)
    assert read is not None
    assert read.cut == cut
    if "event" in cut:
        assert trace.event.startswith(json.loads(read.to_json())["event"])


def test_a_cut_event_is_printed_as_text_though_it_may_look_like_json() -> None:
    trace = a_trace(event="123", cut=("event",))
    assert json.loads(trace.to_json())["event"] == "123"


@given(st.one_of(TEXT, JSON.map(json.dumps), st.sampled_from(['{"a":1,"a":2.50}', "1e999", "NaN", "0.10"])))
def test_a_printed_trace_is_json_with_the_event_as_it_was_sent(event: str) -> None:
    text = a_trace(event=event).to_json()
    assert json.loads(text)["id"]
    assert event in text or json.loads(text)["event"] == event


def test_a_completed_trace_is_never_overwritten(cloud: Cloud) -> None:
    done = a_trace(result=1)
    assert cloud.store.put(done)
    assert not cloud.store.put(a_trace(id=done.id, status="interrupted"))
    assert not cloud.store.put(a_trace(id=done.id, result=2))
    read = cloud.store.get(HANDLER, done.id)
    assert read is not None
    assert read.result == 1


@pytest.mark.parametrize("status", ["timed-out", "interrupted", "dead", "no-handler"])
def test_an_unfinished_trace_is_overwritten(cloud: Cloud, status: str) -> None:
    first = a_trace(status=status)
    assert cloud.store.put(first)
    assert cloud.store.put(a_trace(id=first.id))


def test_recent_traces_come_newest_first_from_all_shards(cloud: Cloud) -> None:
    event_ids = [id_of_message(str(number), 1_000_000 + number * 1000) for number in range(60)]
    for event_id in event_ids:
        cloud.store.put(a_trace(id=event_id, status="error" if event_id in event_ids[::3] else "ok"))
    cloud.store.put(a_trace(handler="audit-log"))
    assert [trace.id for trace in cloud.store.recent(HANDLER)] == event_ids[:-11:-1]
    assert [trace.id for trace in cloud.store.recent(HANDLER, limit=1000)] == event_ids[::-1]
    assert [trace.id for trace in cloud.store.recent(HANDLER, limit=5, status="error")] == event_ids[::3][:-6:-1]
    assert [trace.id for trace in cloud.store.recent(HANDLER, limit=1000, since=1050)] == event_ids[:-11:-1]
    assert cloud.store.recent("nobody") == []


def test_a_trace_is_found_by_its_id_alone(cloud: Cloud) -> None:
    trace = a_trace(handler="h150")
    cloud.store.put(trace)
    assert cloud.store.find(trace.id, [f"h{number}" for number in range(250)]) == trace
    assert cloud.store.find(trace.id, ["other"]) is None
    assert cloud.store.find("../../etc", ["h150"]) is None


def test_expired_traces_are_not_shown_though_dynamodb_still_has_them(cloud: Cloud) -> None:
    old = TraceStore(cloud.dynamodb, cloud.names.trace_table, days=1, clock=lambda: 1_000_000.0)
    old.put(a_trace())
    old.unhandled.put([a_trace(handler="nobody", status="no-handler")])
    assert len(old.recent(HANDLER)) == 1
    assert cloud.store.recent(HANDLER) == []
    assert cloud.store.unhandled.counts() == {}


def test_one_handlers_traces_spread_over_all_shards() -> None:
    keys = [shard_key(HANDLER, new_id()) for _ in range(SHARDS * 100)]
    assert len(set(keys)) == SHARDS
    assert max(keys.count(key) for key in set(keys)) < 200


def test_a_fifth_attempt_that_must_have_ended_reads_as_dead(cloud: Cloud) -> None:
    trace = a_trace(status="interrupted", dead_ms=5_000)
    assert trace.as_of(4_999).status == "interrupted"
    assert trace.as_of(5_000).status == "dead"
    cloud.store.put(trace)
    assert [found.status for found in cloud.store.recent(HANDLER, status="dead")] == ["dead"]


def test_times_are_iso_8601_in_utc() -> None:
    assert iso(1_795_459_255_078) == "2026-11-23T18:40:55.078Z"
    assert iso(None) is None


def test_fields_of_a_newer_version_are_passed_over() -> None:
    trace = a_trace(status="interrupted", history=(Attempt(outcome="started", started_ms=1),) * 2)
    item = to_item(trace, 1)
    fields = json.loads(item["trace"]["S"])
    fields["mood"] = "good"
    fields["history"][0]["mood"] = "bad"
    assert from_item({**item, "trace": {"S": json.dumps(fields)}, "mood": {"S": "good"}}) == trace
