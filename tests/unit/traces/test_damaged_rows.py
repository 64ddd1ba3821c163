"""One damaged row of any kind hides no other row, and breaks no command."""

from __future__ import annotations

import json
import tracemalloc
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.cli.crons import _last_run, _zone
from sluice.event.ids import new_id
from sluice.operate.crons import Cron
from sluice.traces import Trace
from sluice.traces.item import DamagedTraceError, from_item, to_item
from sluice.traces.packing import MAX_BYTES, MAX_TEXT, joined, parts_of, unpacked
from sluice.traces.unhandled import Unhandled

from tests.unit.support.cloud import HANDLER, Cloud

# ---- names without a handler

_attributes = st.none() | st.fixed_dictionaries({"N": st.text()}) | st.fixed_dictionaries({"S": st.text()}) | st.text()


class Rows:
    """A client whose table has these rows."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def get_paginator(self, _: str) -> Rows:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"Items": self._rows}]


def counts(*rows: dict[str, Any]) -> dict[str, int]:
    client: Any = Rows([{"pk": {"S": "#no-handler"}, **row} for row in rows])
    return Unhandled(client, "t", put=lambda _: None, expiry=lambda: 0, clock=lambda: 100.0).counts()


SOUND: dict[str, Any] = {"sk": {"S": "sound"}, "unhandled": {"N": "3"}, "expires_at": {"N": "101"}}


@given(st.dictionaries(st.sampled_from(["unhandled", "expires_at", "other"]), _attributes))
def test_a_damaged_row_hides_no_other(damaged: dict[str, Any]) -> None:
    found = counts({"sk": {"S": "broken"}, **damaged}, SOUND)

    assert found["sound"] == 3
    assert found.get("broken", 0) >= 0


def test_a_row_without_a_count_is_listed() -> None:
    assert counts({"sk": {"S": "broken"}}, SOUND) == {"broken": 0, "sound": 3}


@pytest.mark.parametrize("name", ["", "A", "a b", "a--b", "a/../b", "a-dead", "a\x1b[2J"])
def test_a_name_that_no_handler_can_have_is_left_out(name: str) -> None:
    assert counts(SOUND | {"sk": {"S": name}}, SOUND) == {"sound": 3}


def test_commands_work_beside_a_row_without_a_count(cloud: Cloud) -> None:
    trace = Trace(id=new_id(), handler=HANDLER, status="ok", event="1")
    cloud.store.put(trace)
    cloud.dynamodb.put_item(TableName=cloud.names.trace_table, Item={"pk": {"S": "#no-handler"}, "sk": {"S": "nobody"}})

    assert cloud.store.find(trace.id, []) is None
    assert cloud.store.find(trace.id, [HANDLER]) is not None


# ---- texts that are too large once they are unpacked


def test_a_small_item_that_holds_a_huge_text_is_damaged_and_costs_no_memory() -> None:
    item: Any = to_item(Trace(id=new_id(), handler=HANDLER, status="ok", event="1"), 1)
    item["trace"] = {"B": zlib.compress(b'{"event":"' + b" " * 150_000_000 + b'"}', 1)}
    tracemalloc.start()
    try:
        with pytest.raises(DamagedTraceError, match="longer than"):
            from_item(item)
        assert tracemalloc.get_traced_memory()[1] < 140_000_000
    finally:
        tracemalloc.stop()


def test_what_is_written_can_be_read() -> None:
    huge = Trace(id=new_id(), handler=HANDLER, status="ok", event="1", result="a" * (MAX_TEXT + 1))
    item: Any = to_item(huge, 1)

    assert from_item(item).cut == ("result",)
    largest = Trace(id=new_id(), handler=HANDLER, status="ok", event="1", result="é" * (MAX_TEXT // 2))
    assert from_item(to_item(largest, 1)) == largest


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_a_text_or_a_value_error(packed: bytes) -> None:
    for one in (packed, zlib.compress(packed), zlib.compress(packed)[:-1]):
        try:
            text = unpacked(one)
        except ValueError:
            continue
        assert isinstance(text, str)


def test_parts_that_are_damaged_leave_the_event_cut(cloud: Cloud) -> None:
    trace = Trace(id=new_id(), handler="nobody", status="no-handler", event="1", cut=("event",))
    for part in ({"B": b"no zlib"}, {"B": zlib.compress(b"x" * (4 * MAX_TEXT + 1))}, {"S": "x"}):
        item: Any = {"pk": {"S": f"#event#{trace.id}"}, "sk": {"S": "000"}, "part": part}
        cloud.dynamodb.put_item(TableName=cloud.names.trace_table, Item=item)
        assert cloud.store.unhandled.whole_event(trace) is None


def test_a_text_in_parts_is_whole_again() -> None:
    text = json.dumps([str(number) for number in range(200_000)])

    assert len(parts_of(text)) > 1
    assert max(map(len, parts_of(text))) <= MAX_BYTES
    assert joined(parts_of(text)) == text


# ---- times that no calendar has


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York", "nowhere"])
@pytest.mark.parametrize("started_ms", [253_402_300_799_999, 1 << 70, -(1 << 70)])
def test_a_last_run_at_the_end_of_time_is_listed(zone: str, started_ms: int) -> None:
    last = Trace(id=new_id(), handler="nightly", status="ok", event="1", started_ms=started_ms)
    cron = Cron(
        name="nightly",
        state="running",
        expression="cron(0 3 * * ? *)",
        fortnightly=False,
        timezone=zone,
        overlap="allow",
        last=last,
        next=(datetime(2026, 1, 1, tzinfo=UTC),),
    )

    assert _last_run(cron.last, _zone(cron)).startswith("ok ")
