from __future__ import annotations

import pytest
from sluice.traces import TraceStore

from tests.unit.support.cloud import HANDLER, Cloud


def test_a_key_is_free_again_after_its_window(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    store = TraceStore(cloud.dynamodb, cloud.names.trace_table, clock=lambda: now)
    assert store.locks.take_key(HANDLER, "k", "a", 60) == "a"
    assert store.locks.take_key(HANDLER, "k", "b", 60) == "a"
    assert store.locks.take_key(HANDLER, "k", "a", 60) == "a"
    now += 60
    assert store.locks.take_key(HANDLER, "k", "b", 60) == "b"


def test_a_window_that_begins_within_a_second_is_no_shorter(cloud: Cloud) -> None:
    now = 1_000_000.9
    store = TraceStore(cloud.dynamodb, cloud.names.trace_table, clock=lambda: now)
    assert store.locks.take_key(HANDLER, "k", "a", 1) == "a"
    now += 0.9
    assert store.locks.take_key(HANDLER, "k", "b", 1) == "a"


def test_an_events_lock_is_taken_over_once(cloud: Cloud) -> None:
    locks = cloud.store.locks
    dead = locks.take_event(HANDLER, "e", "dead", 1)
    assert locks.take_over_event(HANDLER, "e", "one", dead, 2)
    assert not locks.take_over_event(HANDLER, "e", "two", dead, 3)
    assert locks.take_event(HANDLER, "e", "two", 4).message == "one"
