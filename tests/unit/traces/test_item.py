from __future__ import annotations

import json
import random
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sluice.event.ids import new_id
from sluice.traces import Attempt, Trace
from sluice.traces.item import SHARDS, from_item, shard_key, to_item
from sluice.traces.packing import MAX_BYTES

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.traces import a_trace
from tests.unit.support.values import JSON

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


def test_one_handlers_traces_spread_over_all_shards() -> None:
    keys = [shard_key(HANDLER, new_id()) for _ in range(SHARDS * 100)]
    assert len(set(keys)) == SHARDS
    assert max(keys.count(key) for key in set(keys)) < 200


def test_fields_of_a_newer_version_are_left_out() -> None:
    trace = a_trace(status="interrupted", history=(Attempt(outcome="started", started_ms=1),) * 2)
    item = to_item(trace, 1)
    fields = json.loads(item["trace"]["S"])
    fields["mood"] = "good"
    fields["history"][0]["mood"] = "bad"
    assert from_item({**item, "trace": {"S": json.dumps(fields)}, "mood": {"S": "good"}}) == trace
