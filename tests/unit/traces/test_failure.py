"""The cause of a failed run: its fingerprint, and its entry in the index of failures."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sluice.event.ids import new_id
from sluice.traces import DamagedTraceError, Trace
from sluice.traces.failure import INDEX_ATTRIBUTES, INDEX_PARTITION, INDEX_SHARDS, INDEX_SORT, failure, normalised
from sluice.traces.item import from_item, to_item

from tests.unit.support.cloud import HANDLER
from tests.unit.support.traces import a_trace

TEXT = st.text(st.characters())


@pytest.mark.parametrize(
    ("messages", "general"),
    [
        (["order 4711 not found", "order 12 not found", "order -3.5 not found"], "order <number> not found"),
        (["order A-4711 has no price", "order B-17x has no price"], "order <id> has no price"),
        (["'price'", '"total"', "`a b`"], "<text>"),
        (["no mail to ada@example.com", "no mail to b.c+d@x.co.uk"], "no mail to <email>"),
        (["<Shop object at 0x7f3a>", "<Shop object at 0xFFFF>"], "<Shop object at <address>>"),
        (["2026-11-27 01:02:03 late", "2026-11-27T01:02:03.123Z late", "2027-01-01 late"], "<time> late"),
        (["event 01a219c4-2a80-706e-93a0-11575719ba25", f"event {new_id()}"], "event <id>"),
        (["{'a': 1, 'b': 2}", "{'a': 1}"], None),
        (["no such ids: 1, 2, 3", "no such ids: 4"], "no such ids: <number>"),
        (["can't open 'x', isn't there", "can't open 'yy', isn't there"], "can't open <text>, isn't there"),
        (["a\n  b\tc"], "a b c"),
    ],
)
def test_what_differs_from_run_to_run_is_taken_out_of_a_message(messages: list[str], general: str | None) -> None:
    found = {normalised(message) for message in messages}
    assert found == {general} if general else len(found) == 2


@settings(deadline=None)
@given(TEXT)
def test_a_message_of_any_text_stays_short_and_in_one_line(message: str) -> None:
    assert len(normalised(message)) <= 240
    assert normalised(message).splitlines()[1:] == []


def test_a_huge_message_takes_no_time() -> None:
    for huge in ("a" * 10_000_000, "1" * 10_000_000, "a@" * 5_000_000, "'" * 10_000_000, "a-" * 5_000_000):
        assert len(normalised(huge)) <= 240


def test_runs_have_one_group_if_handler_type_place_and_message_are_the_same() -> None:
    def group(**changed: str) -> str:
        cause = {"handler": "h", "kind": "ValueError", "message": "order 1", "where": "h.py:5 handle", "place": "p 2"}
        return failure(**(cause | changed)).group

    assert group() == group(message="order 2") == group(where="h.py:6 handle")
    others = [group(handler="g"), group(kind="KeyError"), group(message="orders"), group(place="p 3")]
    assert len({group(), *others}) == 5


@pytest.mark.parametrize("status", ["ok", "interrupted", "no-handler", "damaged"])
def test_a_run_that_has_not_failed_writes_no_entry(status: str) -> None:
    """An item without the index's keys costs no write of the index."""
    trace = a_trace(status=status, started_ms=1, finished_ms=2, failure=failure("h", kind="E", message="m"))
    assert set(to_item(trace, 1)) <= {"pk", "sk", "status", "attempts", "expires_at", "last_start", "trace"}


@pytest.mark.parametrize("status", ["error", "timed-out", "dead"])
def test_a_failed_runs_entry_has_the_time_of_its_failure(status: str) -> None:
    cause = failure(HANDLER, kind="E", message="m", where="h.py:1 handle")
    trace = a_trace(status=status, emitted_ms=1, started_ms=2, finished_ms=3, failure=cause)
    item = to_item(trace, 1)
    assert item[INDEX_SORT] == {"N": "3"}
    assert 0 <= int(item[INDEX_PARTITION]["S"]) < INDEX_SHARDS
    assert json.loads(item["failure"]["S"]) == cause._asdict()
    read = from_item(item)
    assert (read.failure, json.loads(read.to_json())["failure"]) == (cause, cause._asdict())


def test_a_last_attempts_start_is_entered_for_when_it_counts_as_dead() -> None:
    trace = a_trace(status="interrupted", started_ms=2, dead_ms=9, failure=failure(HANDLER, kind="E", message="m"))
    assert to_item(trace, 1)[INDEX_SORT] == {"N": "9"}
    assert json.loads(trace.to_json())["failure"] is None
    assert json.loads(trace.as_of(9).to_json())["failure"]["type"] == "E"
    assert INDEX_SORT not in to_item(trace.ended(status="ok"), 1)


def test_entries_spread_over_all_partitions() -> None:
    shards = [to_item(a_trace(status="error"), 1)[INDEX_PARTITION]["S"] for _ in range(INDEX_SHARDS * 50)]
    assert len(set(shards)) == INDEX_SHARDS
    assert max(map(shards.count, set(shards))) < 110


@settings(deadline=None, max_examples=200)
@given(handler=st.just("h" * 64), kind=TEXT, message=TEXT, where=TEXT)
def test_an_entry_is_one_write_unit(handler: str, kind: str, message: str, where: str) -> None:
    cause = failure(handler, kind=kind * 50, message=message * 50, where=where * 50)
    trace = Trace(id=new_id(), handler=handler, status="timed-out", event="", failure=cause, finished_ms=2**43)
    item: Any = to_item(trace, 2**40) | {"replayed_as": {"S": new_id()}}
    entry = {name: item[name] for name in ("pk", "sk", INDEX_PARTITION, INDEX_SORT, *INDEX_ATTRIBUTES)}
    size = sum(len(name) + len(str(next(iter(value.values()))).encode()) for name, value in entry.items())
    # DynamoDB charges an index for its entry's attributes and 100 bytes.
    assert size + 100 <= 1_024


@pytest.mark.parametrize("stored", ["[]", "{}", '{"group": 1}', '{"group": "g", "type": []}', "{", "[" * 5_000])
@pytest.mark.usefixtures("pythons_recursion_limit")
def test_a_damaged_cause_makes_the_trace_damaged(stored: str) -> None:
    with pytest.raises(DamagedTraceError):
        from_item(to_item(a_trace(status="error"), 1) | {"failure": {"S": stored}})
