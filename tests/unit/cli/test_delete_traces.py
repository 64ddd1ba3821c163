"""`sluice traces delete`: it says what it would delete, asks, and leaves out what may run again."""

from __future__ import annotations

import json

import pytest
from sluice.cli import asking, program
from sluice.event.ids import id_of_message, new_id
from sluice.traces import Attempt

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.traces import a_trace

DELETE = ["traces", "delete"]


def put(cloud: Cloud, count: int) -> list[str]:
    """Record traces of orders emitted a second apart, from the year 2001 on; return their ids, newest first."""
    event_ids = [id_of_message(str(number), 10**12 + number * 1_000) for number in range(count)]
    for number, event_id in enumerate(event_ids):
        cloud.store.put(a_trace(id=event_id, event=json.dumps({"email": f"{number % 2}@example.com"})))
    return event_ids[::-1]


def left(cloud: Cloud) -> list[str]:
    return [trace.id for trace in cloud.traces(HANDLER)]


def test_ids_name_the_traces(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    event_ids = put(cloud, 3)
    assert program.run([*DELETE, event_ids[0], event_ids[2], event_ids[0], "--yes", "--json"]) == 0
    answer = {"chosen": 2, "deleted": 2, "changed": 0, "unfinished": 0, "dry_run": False}
    shown = capsys.readouterr()
    assert json.loads(shown.out) == answer
    assert "2 traces deleted; the events' logs stay for a month, and the table's backups for 35 days" in shown.err
    assert left(cloud) == [event_ids[1]]


def test_nothing_goes_if_one_of_the_ids_has_no_trace(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    event_ids, missing = put(cloud, 2), new_id()
    assert program.run([*DELETE, event_ids[0], missing, "--yes"]) == 3
    assert missing in capsys.readouterr().err
    assert left(cloud) == event_ids


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ([], []),
        (["--where", "event.email == '1@example.com'"], [1, 3]),
        (["--until", "2001-09-09T01:46:41Z"], [0, 1]),
        (["--since", "2001-09-09T01:46:41Z"], [3]),
        (["--status", "error"], [0, 1, 2, 3]),
    ],
)
def test_options_choose_among_a_handlers_traces(cloud: Cloud, options: list[str], kept: list[int]) -> None:
    event_ids = put(cloud, 4)
    assert program.run([*DELETE, "--handler", HANDLER, *options, "--yes"]) == 0
    assert left(cloud) == [event_ids[number] for number in kept]


def test_a_dry_run_only_counts(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    event_ids = put(cloud, 3)
    cloud.store.put(a_trace(status="dead", result=None))
    assert program.run([*DELETE, "--handler", HANDLER, "--dry-run"]) == 0
    shown = capsys.readouterr().err
    assert "4 traces to delete: 3 ok, 1 dead" in shown
    assert "dead letters stay with their events: sluice dead purge deletes those" in shown
    assert left(cloud)[1:] == event_ids


@pytest.mark.parametrize(("answer", "code", "count"), [("y\n", 0, 0), ("n\n", 1, 2)])
def test_it_asks(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, count: int) -> None:
    put(cloud, 2)
    monkeypatch.setattr("sluice.cli.delete_traces.can_ask", lambda: True)
    monkeypatch.setattr("click.confirm", lambda *_, **__: answer == "y\n")
    assert program.run([*DELETE, "--handler", HANDLER]) == code
    assert len(left(cloud)) == count


def test_without_anybody_to_ask_it_wants_yes(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    event_ids = put(cloud, 2)
    assert asking.can_ask() is False
    assert program.run([*DELETE, *event_ids]) == 2
    assert "this deletes 2 traces for good; give --yes to do it" in capsys.readouterr().err
    assert left(cloud) == event_ids


def test_events_that_may_run_again_keep_their_traces(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    trace = a_trace(status="timed-out", result=None, history=(Attempt(outcome="timed-out", started_ms=1),))
    cloud.store.put(trace)
    assert program.run([*DELETE, trace.id, "--yes"]) == 0
    assert "1 left out: their events may run again; --unfinished deletes them too" in capsys.readouterr().err
    assert left(cloud) == [trace.id]
    assert program.run([*DELETE, trace.id, "--yes", "--unfinished"]) == 0
    assert left(cloud) == []


@pytest.mark.parametrize(
    "arguments", [[], ["--status", "ok"], ["--where", "event"], [new_id(), "--handler", HANDLER], ["--yes"]]
)
def test_it_wants_either_ids_or_a_handler(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    put(cloud, 1)
    assert program.run([*DELETE, *arguments]) == 2
    shown = capsys.readouterr().err
    assert "name the events' ids, or give --handler" in shown
    assert len(left(cloud)) == 1


def test_a_handler_that_nobody_knows_is_an_error(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run([*DELETE, "--handler", "nobody", "--yes"]) == 3
    assert "nobody" in capsys.readouterr().err
