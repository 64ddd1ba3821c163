"""`sluice replay` of many events: what it chooses, asks, says and does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sluice import emit, emit_many
from sluice.cli import program, replay_run
from sluice.stage import clients
from sluice.traces import Trace

from tests.unit.support.cloud import HANDLER, STAGE, Cloud
from tests.unit.support.function import Function
from tests.unit.support.traces import a_trace

Capture = pytest.CaptureFixture[str]


def handle(event: int) -> None:
    if event % 2:
        raise KeyError("price")
    raise ValueError(f"order {event} not found")


@pytest.fixture
def failed(cloud: Cloud) -> list[Trace]:
    """Six failed runs, of two causes."""
    emit_many(HANDLER, range(6))
    Function(cloud, handle).poll()
    return cloud.traces(HANDLER)


def run(*words: str) -> int:
    return program.run(["replay", *words])


def summary(capsys: Capture, *words: str) -> Any:
    capsys.readouterr()
    assert run(*words, "--json") == 0
    return json.loads(capsys.readouterr().out)


def group_of(failed: list[Trace], kind: str) -> str:
    return next(trace.failure.group for trace in failed if trace.failure and trace.failure.type == kind)


def test_a_group_is_replayed_and_the_failures_say_how_that_went(
    cloud: Cloud, failed: list[Trace], capsys: Capture
) -> None:
    group = group_of(failed, "ValueError")
    assert summary(capsys, "--group", group, "--yes") == {"replayed": 3, "already_replayed": 0, "skipped": {}}
    seen: list[int] = []
    Function(cloud, seen.append).poll()
    assert sorted(seen) == [0, 2, 4]
    assert summary(capsys, "--group", group, "--yes") == {"to_replay": 0, "already_replayed": 3, "skipped": {}}
    assert program.run(["failures"]) == 0
    assert "3 failures, 3 replayed: 3 ok" in capsys.readouterr().out
    assert summary(capsys, "--group", group, "--yes", "--again")["replayed"] == 3


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--handler", HANDLER], 6),
        (["--handler", HANDLER, "--where", "event > `3`"], 2),
        (["--handler", HANDLER, "--where", "error.type == 'KeyError'"], 3),
        (["--handler", HANDLER, "--status", "error", "--since", "1h"], 6),
        (["--handler", HANDLER, "--until", "2001-01-01T00:00:00Z"], 0),
        (["--handler", HANDLER, "--status", "ok"], 1),
        (["--handler", HANDLER, "--status", "dead"], 0),
    ],
)
def test_the_options_choose(cloud: Cloud, failed: list[Trace], capsys: Capture, words: list[str], count: int) -> None:
    cloud.store.put(a_trace())
    assert summary(capsys, *words, "--dry-run")["to_replay"] == count
    assert cloud.messages(HANDLER) == []


def test_what_is_left_out_is_counted_with_the_reason(cloud: Cloud, failed: list[Trace], capsys: Capture) -> None:
    for fields in ({"redacted": ("event",)}, {"redacted": ("event",)}, {"cut": ("event",)}):
        cloud.store.put(a_trace(status="error", **fields))
    found = summary(capsys, "--handler", HANDLER, "--yes")
    assert found == {"replayed": 6, "already_replayed": 0, "skipped": {"redacted": 2, "cut": 1}}
    assert run("--handler", HANDLER, "--yes") == 0
    shown = capsys.readouterr().err
    assert "2 left out: they had secrets" in shown
    assert "6 left out: they were replayed before" in shown


def test_it_asks_with_the_number_first(
    cloud: Cloud, failed: list[Trace], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("--handler", HANDLER) == 2
    assert "this emits 6 events again; give --yes" in capsys.readouterr().err
    monkeypatch.setattr(replay_run, "can_ask", lambda: True)
    monkeypatch.setattr("click.confirm", lambda question, **_: "6 events" not in question)
    assert run("--handler", HANDLER) == 1
    assert "nothing was replayed" in capsys.readouterr().err
    assert cloud.messages(HANDLER) == []
    monkeypatch.setattr("click.confirm", lambda question, **_: "6 events" in question)
    assert run("--handler", HANDLER) == 0
    assert "6 events of send-receipt to replay, emitted from 20" in capsys.readouterr().err


def test_ctrl_c_says_how_far_it_came_and_how_to_go_on(
    cloud: Cloud, failed: list[Trace], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sluice.operate.replay.Replayer._wait", lambda _, until: interrupted(until))
    assert run("--handler", HANDLER, "--rate", "4", "--yes") == 1
    shown = capsys.readouterr().err
    assert "interrupted; 4 of 6 replayed" in shown
    assert f"next: sluice replay --handler {HANDLER}\n" in shown
    assert run("--handler", HANDLER, "--rate", "4", "--yes", "--again") == 1
    assert f"next: sluice replay --handler {HANDLER} --again --replayed-until 20" in capsys.readouterr().err


@pytest.mark.parametrize("call", ["UpdateItem", "SendMessageBatch"])
def test_without_the_right_nothing_is_emitted_and_words_say_so(
    cloud: Cloud, failed: list[Trace], capsys: Capture, call: str
) -> None:
    def deny(model: Any, **_: Any) -> None:
        if model.name == call:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, call)

    for client in (clients.dynamodb(STAGE), clients.sqs(STAGE)):
        client.meta.events.register("before-call", deny)
    assert run("--handler", HANDLER, "--yes") == 4
    assert run(failed[0].id) == 4
    shown = capsys.readouterr().err
    assert "0 of 6" in shown
    assert cloud.messages(HANDLER) == []
    if call == "UpdateItem":
        assert "the policies operator and admin of this stage do" in shown


def test_events_are_replayed_by_their_ids(cloud: Cloud, failed: list[Trace], capsys: Capture) -> None:
    one, two, three, *_ = failed
    assert run(one.id) == 0
    new_id = capsys.readouterr().out.strip()
    replayed = cloud.store.get(HANDLER, one.id)
    assert replayed is not None
    assert replayed.last_replay == new_id
    assert run(one.id) == 1
    assert f"event {one.id} was replayed before, as {new_id}; --again" in capsys.readouterr().err
    assert [each["replayed"] for each in summary(capsys, one.id, two.id, three.id)] == [two.id, three.id]
    assert summary(capsys, one.id, "--again")["replayed"] == one.id


def test_if_one_of_the_ids_cannot_be_replayed_none_is(cloud: Cloud, failed: list[Trace], capsys: Capture) -> None:
    unhandled = emit("late", 1)
    assert run(failed[0].id, unhandled) == 3
    assert "no handler is named 'late'" in capsys.readouterr().err
    assert cloud.messages(HANDLER) == []


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "name the events' ids, or give --handler or --group"),
        (["--where", "event"], 2, "name the events' ids, or give --handler or --group"),
        (["ID", "--handler", HANDLER], 2, "name the events' ids, or give --handler or --group"),
        (["--group", "9f", "--status", "ok"], 2, "a --group has failed runs only"),
        (["--handler", HANDLER, "--replayed-until", "1h"], 2, "is for --again"),
        (["--handler", HANDLER, "--where", "event ="], 2, "write a JMESPath expression"),
        (["--handler", "nobody"], 3, "no handler named 'nobody'"),
    ],
)
def test_wrong_usage_is_explained(capsys: Capture, words: list[str], code: int, said: str) -> None:
    assert run(*words) == code
    assert said in capsys.readouterr().err
