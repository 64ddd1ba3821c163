"""`sluice traces`: a search through many traces, printed as it finds them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sluice.cli import program, traces
from sluice.event.ids import id_of_message
from sluice.traces import Trace, search
from sluice.traces.pages import Reading

from tests.unit.support.cloud import HANDLER, Cloud, calls_of
from tests.unit.support.traces import a_trace

SECOND = 1_000


def put(cloud: Cloud, count: int) -> list[str]:
    """Record traces of orders emitted a second apart, from the year 2001 on; return their ids, newest first."""
    event_ids = [id_of_message(str(number), 10**12 + number * SECOND) for number in range(count)]
    for number, event_id in enumerate(event_ids):
        cloud.store.put(a_trace(id=event_id, event=json.dumps({"order": f"A-{number}", "price": number})))
    return event_ids[::-1]


@pytest.mark.parametrize(
    ("where", "orders"),
    [
        ("event.order == 'A-7'", [7]),
        ("event.price >= `8`", [9, 8]),
        ("event.price == `0` && status == 'ok'", [0]),
        ("contains(event.order, '-3')", [3]),
        ("length(event.price) > `1`", []),
        ("event.nothing", []),
        ("error", []),
    ],
)
def test_a_condition_finds_the_traces_of_which_it_is_true(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], where: str, orders: list[int]
) -> None:
    put(cloud, 10)
    cloud.store.put(a_trace(event="no JSON"))
    assert program.run(["traces", HANDLER, "--json", "--where", where]) == 0
    shown = capsys.readouterr()
    assert [trace["event"]["price"] for trace in json.loads(shown.out)] == orders
    assert f"{len(orders)} found; read 11 items: " in shown.err


@pytest.mark.usefixtures("cloud")
def test_a_wrong_condition_is_explained_before_anything_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["traces", HANDLER, "--where", "event ="]) == 2
    assert "write a JMESPath expression such as" in capsys.readouterr().err


def test_since_and_until_are_the_ends_of_a_time(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    event_ids = put(cloud, 10)
    ends = ["--since", "2001-09-09T01:46:42Z", "--until", "2001-09-09T01:46:45Z"]
    assert program.run(["traces", HANDLER, *ends, "--json"]) == 0
    assert [trace["id"] for trace in json.loads(capsys.readouterr().out)] == event_ids[4:8]
    assert program.run(["traces", HANDLER, "--since", "1h", "--until", "2h"]) == 0
    assert "no such traces" in capsys.readouterr().err


def test_more_than_a_thousand_can_be_asked_for(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    put(cloud, 3)
    assert program.run(["traces", HANDLER, "--limit", "1000000", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 3


def test_the_first_is_found_before_all_are_read_and_few_pages_are_in_memory(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PAGE", 2)
    event_ids = put(cloud, 400)
    reading, calls = Reading(), calls_of(cloud.dynamodb)
    found = cloud.store.search.traces(HANDLER, reading=reading)
    assert next(found).id == event_ids[0]
    at_first = len(calls)
    ahead = 0
    for taken, trace in enumerate(found, 2):
        assert trace.id == event_ids[taken - 1]
        ahead = max(ahead, reading.items - taken)
    assert at_first <= 32 + 1
    assert len(calls) > 150
    # One page of each of the 32 partitions.
    assert ahead <= 32 * 2


class Interrupted:
    """A condition that Ctrl-C interrupts at its third trace."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, _: Trace) -> bool:
        self.asked += 1
        if self.asked == 3:
            raise KeyboardInterrupt
        return True


@pytest.mark.parametrize("as_json", [True, False])
def test_what_was_found_before_ctrl_c_stays(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    event_ids = put(cloud, 10)

    def parse(_: str | None) -> Callable[[Trace], bool]:
        return Interrupted()

    monkeypatch.setattr(traces, "parse_where", parse)
    assert program.run(["traces", HANDLER, "--where", "x", *(["--json"] if as_json else [])]) == 1
    shown = capsys.readouterr()
    listed: Any = [one["id"] for one in json.loads(shown.out)] if as_json else shown.out.split()
    assert [event_id for event_id in event_ids if event_id in listed] == event_ids[:2]
    assert "2 found; read 10 items" in shown.err
    assert "interrupted" in shown.err


def test_failures_are_counted_by_a_condition(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    for price in range(4):
        cloud.store.put(a_trace(status="error", event=json.dumps({"price": price})))
    assert program.run(["failures", HANDLER, "--json", "--where", "event.price > `1`"]) == 0
    shown = capsys.readouterr()
    assert [group["count"] for group in json.loads(shown.out)] == [2]
    assert "read 8 items" in shown.err
    assert program.run(["failures", "--where", "event.price > `9`"]) == 0
    assert "no such run has failed" in capsys.readouterr().err
