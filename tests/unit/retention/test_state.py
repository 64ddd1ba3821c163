from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from sluice.retention.state import RetentionState, RetentionStore, SweepState

from tests.unit.support.fake_table import FakeTable

FULL = RetentionState(
    idle_ms=1,
    moved_ms=2,
    live=SweepState(began_ms=3, runs=4, clean=5, last_ms=6, served_ms=7, cut_ms=8),
    dead=SweepState(began_ms=9),
    rescue=SweepState(began_ms=10),
    dead_seen=11,
    throttled_ms=12,
    dead_since_ms=13,
)


@pytest.fixture
def table() -> Any:
    return FakeTable({})


@pytest.fixture
def store(table: Any) -> RetentionStore:
    return RetentionStore(table, "table")


def test_a_state_is_read_as_it_was_written(store: RetentionStore) -> None:
    store.put("a", FULL)
    store.put("b", RetentionState())
    assert store.all() == {"a": FULL, "b": RetentionState()}


def test_the_names_in_the_table_are_a_contract_with_other_versions(store: RetentionStore, table: Any) -> None:
    store.put("a", FULL)
    (item,) = table.items.values()
    assert (item["pk"], item["sk"]) == ({"S": "#keeping"}, {"S": "a"})
    stored = json.loads(item["kept"]["S"])
    assert stored.keys() == {
        *("idle_ms", "moved_ms", "live", "dead", "sweep", "dead_seen", "throttled_ms", "dead_since_ms")
    }
    assert stored["sweep"]["began_ms"] == 10
    assert stored["live"] == {"began_ms": 3, "runs": 4, "clean": 5, "last_ms": 6, "served_ms": 7, "cut_ms": 8}
    assert stored["live"].keys() == {field.name for field in fields(SweepState)}


def test_fields_of_another_version_are_ignored(store: RetentionStore, table: Any) -> None:
    text = json.dumps({"idle_ms": 7, "pass_ms": 8, "live": {"began_ms": 9, "other": 1}, "dead_seen": 2})
    table.put_item(Item={"pk": {"S": "#keeping"}, "sk": {"S": "a"}, "kept": {"S": text}})
    assert store.all() == {"a": RetentionState(idle_ms=7, live=SweepState(began_ms=9), dead_seen=2)}


@pytest.mark.parametrize(
    "kept",
    [
        None,
        {"N": "1"},
        {"S": "no JSON"},
        {"S": "[]"},
        {"S": '{"live": 7}'},
        {"S": '{"idle_ms": "yesterday"}'},
        {"S": '{"dead": {"began_ms": []}}'},
        {"S": "[" * 100_000},
    ],
)
def test_a_damaged_row_costs_only_itself(store: RetentionStore, table: Any, kept: Any) -> None:
    store.put("a", FULL)
    table.put_item(Item={"pk": {"S": "#keeping"}, "sk": {"S": "b"}} | ({} if kept is None else {"kept": kept}))
    assert store.all() == {"a": FULL, "b": RetentionState()}
