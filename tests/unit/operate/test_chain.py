"""A chain of events, found from any of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sluice import emit
from sluice.cli import program
from sluice.event.ids import new_id
from sluice.operate.chain import chain_from, first_of
from sluice.traces import Trace

from tests.unit.support.cloud import HANDLER, Cloud, calls_of
from tests.unit.support.function import Function
from tests.unit.support.traces import a_trace


def put(cloud: Cloud, **fields: Any) -> Trace:
    trace = a_trace(**fields)
    cloud.store.put(trace)
    return trace


def emitting(*event_ids: str, handler: str = HANDLER) -> dict[str, Any]:
    emitted = tuple({"id": event_id, "handler": handler} for event_id in event_ids)
    return {"emitted": emitted, "emitted_count": len(emitted)}


def test_a_chain_over_handlers_emits_and_replays_is_shown_from_any_of_its_events(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.create_queue("audit-log")

    def handle(event: str) -> None:
        if event == "first":
            emit("audit-log", "failing")
            emit("audit-log", "later", delay=600)

    def audit(event: str) -> None:
        raise ValueError("no disk")

    first = emit(HANDLER, "first")
    Function(cloud, handle).poll()
    audited = Function(cloud, audit, handler="audit-log")
    audited.poll()
    [failed] = audited.traces()
    capsys.readouterr()
    assert program.run(["replay", failed.id]) == 0
    replayed = capsys.readouterr().out.strip()
    Function(cloud, str, handler="audit-log").poll()
    capsys.readouterr()
    shown = set()
    for event_id in (first, failed.id, replayed):
        assert program.run(["trace", event_id, "--chain"]) == 0
        lines = capsys.readouterr().out.splitlines()
        [marked] = [line for line in lines if line.startswith(">")]
        assert event_id in marked
        shown.add("\n".join(line[1:] for line in lines))
    [tree] = shown
    one, two, three, four = tree.splitlines()
    assert one.startswith(f" {HANDLER}  ok  {first}")
    assert two.startswith(f"   audit-log  error  {failed.id}")
    assert two.endswith("ValueError: no disk")
    assert three.startswith(f"     replay: audit-log  ok  {replayed}")
    assert four.startswith("   audit-log  no trace  ")

    assert program.run(["trace", replayed, "--chain", "--json"]) == 0
    events = json.loads(capsys.readouterr().out)
    assert [(event["status"], event["by"], event["cause"]) for event in events] == [
        ("ok", None, None),
        ("error", "emit", first),
        ("ok", "replay", failed.id),
        (None, "emit", first),
    ]


def test_a_circle_of_false_claims_has_an_end(cloud: Cloud) -> None:
    one, two = new_id(), new_id()
    put(cloud, id=one, parent=two, **emitting(two))
    last = put(cloud, id=two, parent=one, **emitting(one))
    first = first_of(last, cloud.store, [HANDLER])
    [effect] = chain_from(first, cloud.store).effects
    assert (first.id, effect.id, effect.effects) == (one, two, [])


def test_a_chain_is_read_level_by_level_and_not_without_end(cloud: Cloud) -> None:
    leaves = [put(cloud).id for _ in range(120)]
    first = put(cloud, **emitting(*leaves, "no id"))
    calls = calls_of(cloud.dynamodb)
    root = chain_from(first, cloud.store)
    assert calls == ["BatchGetItem", "BatchGetItem"]
    assert sum(effect.trace is not None for effect in root.effects) == 120
    few = chain_from(first, cloud.store, most=50)
    assert (len(few.effects), few.more) == (49, 72)


def test_a_chain_begins_where_the_traces_do(cloud: Cloud) -> None:
    last = put(cloud, parent=new_id())
    assert first_of(last, cloud.store, [HANDLER]) == last
