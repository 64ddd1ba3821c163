from __future__ import annotations

import dataclasses
import json

from hypothesis import given
from hypothesis import strategies as st
from sluice.event.ids import new_id
from sluice.traces import Attempt, Trace
from sluice.traces.failure import failure
from sluice.traces.item import _ATTEMPT_TYPES, _TRACE_TYPES, to_item
from sluice.traces.trace import iso

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.traces import a_trace
from tests.unit.support.values import JSON

FULL = Trace(
    id=new_id(),
    handler=HANDLER,
    status="error",
    event="{}",
    history=(Attempt(outcome="error", started_ms=2, request_id="r", reason="why", redrive=1),),
    result=1,
    error={"type": "E", "message": "m", "traceback": "t"},
    failure=failure(HANDLER, kind="E", message="m"),
    logs="l",
    emitted=({"id": "i", "handler": "h"},),
    emitted_count=1,
    parent="p",
    hops=1,
    emitted_ms=1,
    emitted_by="b",
    started_ms=2,
    finished_ms=3,
    request_id="r",
    log_stream="s",
    duplicate_of="d",
    skipped="k",
    claim="c",
    over_ms=4,
    dead_ms=4,
    calls={"fns": [["handle", "handlers/a.py", 1, ["event"]]], "calls": [[0, -1, 0, 5, 0]]},
    locals=({"function": "f"},),
    replay_of="o",
    replayed_as="a",
    cut=("logs",),
    redacted=("event",),
)


def test_a_trace_is_printed_in_the_order_that_the_readme_has() -> None:
    assert list(json.loads(FULL.to_json())) == [
        "id",
        "handler",
        "status",
        "attempts",
        "event",
        "history",
        "result",
        "error",
        "failure",
        "logs",
        "emitted",
        "emitted_count",
        "parent",
        "hops",
        "emitted_at",
        "emitted_by",
        "started_at",
        "finished_at",
        "duration_ms",
        "wait_ms",
        "request_id",
        "log_stream",
        "duplicate_of",
        "skipped",
        "claim",
        "calls",
        "more_calls",
        "no_calls",
        "spans",
        "more_spans",
        "locals",
        "replay_of",
        "replayed_as",
        "cut",
        "redacted",
    ]
    assert list(json.loads(FULL.to_json())["history"][0]) == [
        "outcome",
        "started_at",
        "request_id",
        "reason",
        "redrive",
    ]


def test_every_field_of_a_trace_is_stored() -> None:
    item = to_item(FULL, 1)
    stored = json.loads(item["trace"]["S"])
    of_the_item = {"id", "handler", "status", *(set(item) & {"failure", "replayed_as"})}
    assert {*stored, *of_the_item} == {field.name for field in dataclasses.fields(Trace)}
    assert {*stored["history"][0]} == {field.name for field in dataclasses.fields(Attempt)}


def test_the_type_of_every_stored_field_is_checked() -> None:
    fields = {field.name for field in dataclasses.fields(Trace)}
    assert fields - {*_TRACE_TYPES} == {"id", "handler", "status", "history", "failure", "replayed_as", "result"}
    assert {name: _TRACE_TYPES[name] for name in ("event", "error", "hops", "emitted_ms", "cut")} == {
        "event": str,
        "error": dict,
        "hops": int,
        "emitted_ms": int,
        "cut": list,
    }
    assert {*_ATTEMPT_TYPES} == {field.name for field in dataclasses.fields(Attempt)}


def test_a_cut_event_is_printed_as_text_even_if_it_looks_like_json() -> None:
    trace = a_trace(event="123", cut=("event",))
    assert json.loads(trace.to_json())["event"] == "123"


@given(
    st.one_of(
        st.text(st.characters()), JSON.map(json.dumps), st.sampled_from(['{"a":1,"a":2.50}', "1e999", "NaN", "0.10"])
    )
)
def test_a_printed_trace_is_json_with_the_event_as_it_was_sent(event: str) -> None:
    text = a_trace(event=event).to_json()
    assert json.loads(text)["id"]
    assert event in text or json.loads(text)["event"] == event


def test_a_fifth_attempt_without_an_end_reads_as_dead_once_it_must_be_over(cloud: Cloud) -> None:
    trace = a_trace(status="interrupted", dead_ms=5_000, failure=failure(HANDLER, kind="E", message="m"))
    assert trace.as_of(4_999).status == "interrupted"
    assert trace.as_of(5_000).status == "dead"
    cloud.store.put(trace)
    assert [found.status for found in cloud.store.recent(HANDLER, statuses=["dead"])] == ["dead"]


def test_times_are_iso_8601_in_utc() -> None:
    assert iso(1_795_459_255_078) == "2026-11-23T18:40:55.078Z"
    assert iso(None) is None
