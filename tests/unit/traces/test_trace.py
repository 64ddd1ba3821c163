from __future__ import annotations

import dataclasses
import json

from sluice.event.ids import new_id
from sluice.traces import Attempt, Trace
from sluice.traces.item import _ATTEMPT_TYPES, _TRACE_TYPES, to_item

from tests.unit.support.cloud import HANDLER

FULL = Trace(
    id=new_id(),
    handler=HANDLER,
    status="error",
    event="{}",
    history=(Attempt(outcome="error", started_ms=2, request_id="r", reason="why", redrive=1),),
    result=1,
    error={"type": "E", "message": "m", "traceback": "t"},
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
    dead_ms=4,
    cut=("logs",),
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
        "cut",
    ]
    assert list(json.loads(FULL.to_json())["history"][0]) == [
        "outcome",
        "started_at",
        "request_id",
        "reason",
        "redrive",
    ]


def test_every_field_of_a_trace_is_stored() -> None:
    stored = json.loads(to_item(FULL, 1)["trace"]["S"])
    of_the_item = {"id", "handler", "status"}
    assert {*stored, *of_the_item} == {field.name for field in dataclasses.fields(Trace)}
    assert {*stored["history"][0]} == {field.name for field in dataclasses.fields(Attempt)}


def test_the_type_of_every_stored_field_is_checked() -> None:
    fields = {field.name for field in dataclasses.fields(Trace)}
    assert fields - {*_TRACE_TYPES} == {"id", "handler", "status", "history", "result"}
    assert {name: _TRACE_TYPES[name] for name in ("event", "error", "hops", "emitted_ms", "cut")} == {
        "event": str,
        "error": dict,
        "hops": int,
        "emitted_ms": int,
        "cut": list,
    }
    assert {*_ATTEMPT_TYPES} == {field.name for field in dataclasses.fields(Attempt)}
