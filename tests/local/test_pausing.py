"""Pauses and blocks of deployed handlers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sluice.traces import TraceStore

from tests.local.support.projects import Project
from tests.local.support.queues import schedule_state
from tests.local.support.throttling import EVENTS, Throttling
from tests.unit.support.eventually import eventually


def test_the_throttle_button_pauses_and_releasing_it_starts_all(throttled: Throttling) -> None:
    seen = throttled.ended()

    assert seen.pressed in ("pausing", "paused")
    assert seen.mapping == "Disabled"
    assert (seen.paused["state"], seen.paused["waiting"]) == ("paused", EVENTS)
    assert "reserved concurrency" in seen.paused["reason"]
    assert len(seen.ids) == EVENTS
    assert seen.started == seen.ids
    assert (seen.released["state"], seen.released["dead"]) == ("running", 0)
    assert [change["change"] for change in seen.history] == ["unpaused", "paused"]


def test_paused_events_wait_and_start_on_unpausing(project: Project, store: TraceStore) -> None:
    paused = project.run("pause", "paused", "--reason", "why not; really?", "--json")
    ids = set(project.run("emit", "paused", "--lines", "-", stdin="1\n2\n3\n").out.split())
    (row,) = project.run("status", "paused", "--json").json
    table = project.run("status", "paused").out
    again = project.run("pause", "paused", "--reason", "twice")

    assert (paused.code, again.code) == (0, 0)
    assert paused.json[0]["state"] == "paused"
    assert (row["state"], row["waiting"], row["in_flight"]) == ("paused", 3, 0)
    assert (row["reason"], row["by"], row["until"]) == ("why not; really?", "root", None)
    assert "why not; really?" in table
    assert store.recent("paused") == []

    unpaused = project.run("unpause", "paused")

    assert unpaused.code == 0
    eventually(lambda: {trace.id for trace in store.recent("paused")} == ids, "all have run")
    changes = project.run("history", "paused", "--json").json
    assert [change["change"] for change in changes] == ["unpaused", "paused", "paused"]
    assert [change["reason"] for change in changes] == [None, "twice", "why not; really?"]
    assert "why not; really?" in project.run("history", "paused").out


def test_a_block_is_shown_cannot_be_unpaused_and_leaves_a_pause(project: Project, store: TraceStore) -> None:
    assert project.run("pause", "barred", "--reason", "slow").code == 0
    assert project.run("block", "barred", "--reason", "legal hold, until 2030").code == 0
    (row,) = project.run("status", "barred", "--json").json
    refused = project.run("unpause", "barred")
    tick = project.run("run", "barred", "1")

    assert (row["state"], row["by"], row["also_paused"]) == ("blocked", "root", True)
    assert row["reason"].startswith("legal hold until 2030; also paused by root: slow")
    for ran in (refused, tick):
        assert (ran.code, ran.out) == (4, "")
        assert "blocked by root since " in ran.err
        assert "legal hold until 2030" in ran.err

    assert project.run("unblock", "barred").code == 0
    (row,) = project.run("status", "barred", "--json").json
    assert (row["state"], row["reason"]) == ("paused", "slow")
    assert project.run("unpause", "barred").code == 0
    event_id = project.run("emit", "barred", "1").out.strip()
    eventually(lambda: store.get("barred", event_id), "it runs again")
    assert [change["change"] for change in project.run("history", "barred", "--json").json] == [
        "unpaused",
        "unblocked",
        "blocked",
        "paused",
    ]


def test_one_event_runs_while_all_others_wait(project: Project, store: TraceStore) -> None:
    first = project.run("emit", "paused", '{"n": 1}').out.strip()
    eventually(lambda: store.get("paused", first), "a trace to run again")
    assert project.run("pause", "paused").code == 0
    waiting = project.run("emit", "paused", '{"n": 2}').out.strip()

    ran = project.run("run", "paused", "--id", first, "--json")
    given = project.run("run", "paused", '{"n": 3}')
    unknown = project.run("run", "paused", "--id", "01900000-0000-7000-8000-000000000000")
    (row,) = project.run("status", "paused", "--json").json

    assert (ran.code, ran.json["status"], ran.json["event"], ran.json["result"]) == (0, "ok", {"n": 1}, {"n": 1})
    assert ran.json["id"] != first
    assert (given.code, unknown.code) == (0, 3)
    assert (row["state"], row["waiting"]) == ("paused", 1)
    assert store.get("paused", waiting) is None
    assert project.run("unpause", "paused").code == 0
    eventually(lambda: store.get("paused", waiting), "the other runs now")


def test_a_cron_is_run_by_hand_and_waits_while_it_is_paused(project: Project, store: TraceStore) -> None:
    ran = project.run("run", "twice")
    trace = eventually(lambda: store.get("twice", ran.out.strip()), "the cron has run")
    assert '"cron": "twice"' in trace.event
    assert project.run("pause", "twice").code == 0

    waits = project.run("run", "twice")

    assert waits.code == 0
    assert "twice is paused: the tick waits" in waits.err
    eventually(lambda: schedule_state("twice") == "DISABLED", "its schedule is disabled")
    assert project.run("unpause", "twice").code == 0
    eventually(lambda: store.get("twice", waits.out.strip()), "it runs now")
    eventually(lambda: schedule_state("twice") == "ENABLED", "its schedule is enabled")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["pause"], 2, "--all"),
        (["pause", "echo", "--all"], 2, "--all"),
        (["pause", "ecko"], 3, "did you mean 'echo'?"),
        (["pause", "echo", "--until", "tomorrow"], 2, "--until tomorrow"),
        (["pause", "echo", "--until", "2030-01-01T00:00:00"], 2, "time zone"),
        (["pause", "echo", "--until", "2020-01-01T00:00:00Z"], 2, "has passed"),
        (["history", "ecko"], 3, "did you mean 'echo'?"),
        (["run", "echo"], 2, "is not a cron"),
        (["run", "echo", "{", "--json"], 2, "not JSON"),
        (["run", "echo", "1", "--id", "x"], 2, "not both"),
    ],
)
def test_wrong_arguments_get_a_message_and_an_exit_code(
    project: Project, arguments: list[str], code: int, message: str
) -> None:
    ran = project.run(*arguments)

    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert ran.err.splitlines()[-1].startswith("next: sluice ")


def test_a_pause_shows_when_it_ends(project: Project) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    assert project.run("pause", "paused", "--until", until.isoformat()).code == 0
    (row,) = project.run("status", "paused", "--json").json
    assert project.run("unpause", "paused").code == 0

    assert row["until"] == until.isoformat().replace("+00:00", ".000Z")
