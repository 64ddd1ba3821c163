"""Crons and delayed events of deployed handlers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from sluice.event.ids import id_of_tick
from sluice.stage import clients
from sluice.stage.names import Names
from sluice.traces import Trace, TraceStore

from tests.local.support.projects import Project
from tests.local.support.queues import at_rest, schedule_state, waiting
from tests.local.support.scheduled_events import Scheduled
from tests.unit.support.eventually import eventually

MINUTE = timedelta(minutes=1)

PRECISION_S = 60
"""Seconds after which Scheduler sends at the latest: within the minute after the moment that an event is due."""


def tick(cron: str, due: str) -> str:
    return json.dumps({"cron": cron, "scheduled_at": due})


def send_ticks(cron: str, *dues: str) -> list[str]:
    """Send ticks as Scheduler does; return their ids, one for each moment."""
    client = clients.sqs("local")
    url = client.get_queue_url(QueueName=Names("local").queue(cron))["QueueUrl"]
    for due in dues:
        client.send_message(QueueUrl=url, MessageBody=tick(cron, due))
    moments = sorted({datetime.fromisoformat(due) for due in dues})
    return [id_of_tick(cron, int(moment.timestamp() * 1000)) for moment in moments]


def test_a_tick_that_is_sent_twice_runs_once(project: Project, store: TraceStore) -> None:
    due = datetime.now(UTC).isoformat(timespec="microseconds")
    (event_id,) = send_ticks("twice", due, due, due)

    trace = eventually(lambda: store.get("twice", event_id), "a trace of the tick")
    eventually(lambda: at_rest("twice"), "an empty queue")

    assert (trace.status, trace.attempts, trace.emitted_count) == ("ok", 1, 1)
    eventually(lambda: store.get("echo", trace.emitted[0]["id"]), "a trace of what it emitted")
    runs = [one for one in store.recent("echo", limit=1000) if one.parent == event_id]
    assert len(runs) == 1


def test_a_cron_with_overlap_skip_skips_a_tick_that_overlaps(project: Project, store: TraceStore) -> None:
    dues = [f"2020-01-01T00:0{minute}:00+00:00" for minute in range(2)]
    ids = send_ticks("alone", *dues)

    traces = [eventually(partial(ended, store, one), f"the end of {one}") for one in ids]

    (ran,) = [trace for trace in traces if trace.skipped is None]
    (skipped,) = [trace for trace in traces if trace.skipped is not None]
    assert skipped.skipped == f"another run was under way: {ran.id}"
    assert "skipped" in project.run("traces", "alone", "--json").out


def ended(store: TraceStore, event_id: str) -> Trace | None:
    trace = store.get("alone", event_id)
    return trace if trace and trace.completed else None


def test_crons_are_listed_with_their_zones_and_next_runs(project: Project) -> None:
    ran = project.run("crons", "--json")
    table = project.run("crons")

    found: dict[str, Any] = {cron["cron"]: cron for cron in ran.json}
    assert set(found) == {"alone", "minutely", "nightly-report", "queues-ticks", "skips-ticks", "twice"}
    nightly = found["nightly-report"]
    assert (nightly["schedule"], nightly["timezone"], nightly["state"]) == (
        "At 03:00, every day",
        "Europe/Berlin",
        "running",
    )
    assert len(nightly["next"]) == 3
    assert found["alone"]["overlap"] == "skip"
    minutes = [datetime.fromisoformat(run) for run in found["minutely"]["next"]]
    assert [later - earlier for earlier, later in pairwise(minutes)] == [MINUTE, MINUTE]
    assert datetime.now(UTC) - minutes[0] < 2 * MINUTE
    assert "Europe/Berlin" in table.out
    assert table.err.splitlines()[-1].startswith("next: sluice traces ")


def test_an_event_for_next_month_is_listed_counted_and_cancelled(project: Project, store: TraceStore) -> None:
    moment = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
    emitted = project.run("emit", "printer", '{"n": 1e400}', "--at", moment.isoformat())
    event_id = emitted.out.strip()
    assert emitted.err.endswith("next: sluice scheduled printer\n")

    (listed,) = project.run("scheduled", "printer", "--json").json
    (row,) = project.run("status", "printer", "--json").json
    cancelled = project.run("cancel", event_id, "--json")
    again = project.run("cancel", event_id)

    assert (listed["id"], listed["handler"], datetime.fromisoformat(listed["due_at"])) == (event_id, "printer", moment)
    assert row["scheduled"] == 1
    assert (cancelled.code, cancelled.json) == (0, {"id": event_id, "handler": "printer", "cancelled": True})
    assert again.code == 3
    assert project.run("scheduled", "printer", "--json").json == []


def test_a_handler_emits_a_delayed_event(project: Project, store: TraceStore) -> None:
    moment = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)
    event_id = project.run("emit", "postpones", json.dumps({"at": moment.isoformat()})).out.strip()
    trace = eventually(lambda: store.get("postpones", event_id), "a trace")
    assert trace.status == "ok", trace.error

    (listed,) = project.run("scheduled", "raiser", "--json").json
    assert (listed["id"], listed["parent"], listed["emitted_by"]) == (trace.result, event_id, "postpones")
    assert datetime.fromisoformat(listed["due_at"]) == moment
    assert project.run("cancel", trace.result).code == 0


# ---- tests that wait for something that takes minutes


def test_an_event_is_sent_when_it_is_due_and_leaves_no_schedule_behind(
    project: Project, store: TraceStore, scheduled: Scheduled
) -> None:
    trace = eventually(lambda: store.get("echo", scheduled.wanted), "a trace of the scheduled event")

    assert trace.started_ms is not None
    late = trace.started_ms / 1000 - scheduled.due.timestamp()
    assert 0 <= late < PRECISION_S
    assert (trace.status, trace.result) == ("ok", "wanted")
    assert scheduled.wanted not in {one["id"] for one in project.run("scheduled", "--json").json}


def test_a_cancelled_event_never_runs(project: Project, store: TraceStore, scheduled: Scheduled) -> None:
    eventually(lambda: datetime.now(UTC) > scheduled.due + timedelta(seconds=PRECISION_S), "the time to pass")
    eventually(lambda: at_rest("echo"), "an empty queue")

    assert store.get("echo", scheduled.cancelled) is None


def test_ticks_of_a_paused_cron_wait_or_do_not_come_as_app_py_says(
    project: Project, store: TraceStore, paused_crons: datetime
) -> None:
    eventually(lambda: waiting("queues-ticks") >= 2, "two ticks wait")
    assert schedule_state("queues-ticks") == "ENABLED"
    assert schedule_state("skips-ticks") == "DISABLED"
    # The reconciler disables it within a minute: one tick may have come before.
    assert waiting("skips-ticks") <= 1
    for cron in ("queues-ticks", "skips-ticks"):
        assert store.recent(cron, since=paused_crons.timestamp()) == []
    unpaused = datetime.now(UTC)
    assert project.run("unpause", "queues-ticks", "skips-ticks").code == 0

    eventually(lambda: len(store.recent("queues-ticks", since=paused_crons.timestamp())) >= 2, "the waiting ticks run")
    eventually(lambda: schedule_state("skips-ticks") == "ENABLED", "its schedule is enabled again")
    events = [json.loads(trace.event) for trace in store.recent("skips-ticks", limit=100)]
    dues = [datetime.fromisoformat(event["scheduled_at"]) for event in events]
    assert [due for due in dues if paused_crons + 1.25 * MINUTE < due < unpaused] == []


def test_an_every_minute_cron_runs_on_the_minute(project: Project, store: TraceStore, scheduled: Scheduled) -> None:
    def three_in_a_row() -> list[Trace] | None:
        found = store.recent("minutely", limit=100, since=scheduled.since.timestamp())
        newest = sorted(found, key=lambda trace: trace.id)[-3:]
        whole = len(newest) == 3 and all(trace.completed for trace in newest)
        return newest if whole and due_of(newest[2]) - due_of(newest[0]) == 2 * MINUTE else None

    ticks = eventually(three_in_a_row, "three consecutive ticks")

    for trace in ticks:
        due = due_of(trace)
        assert (due.second, due.microsecond) == (0, 0)
        assert trace.id == id_of_tick("minutely", int(due.timestamp() * 1000))
        assert (trace.status, trace.attempts, trace.result) == ("ok", 1, json.loads(trace.event))
        assert trace.started_ms is not None
        assert 0 <= trace.started_ms / 1000 - due.timestamp() < PRECISION_S
    found = {cron["cron"]: cron for cron in project.run("crons", "--json").json}["minutely"]
    assert found["last"]["status"] == "ok"
    assert found["last"]["id"] >= ticks[-1].id


def due_of(trace: Trace) -> datetime:
    event = json.loads(trace.event)
    assert event["cron"] == "minutely"
    return datetime.fromisoformat(event["scheduled_at"])
