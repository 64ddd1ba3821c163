"""The commands' contract: their output, its stream, and their exit codes."""

from __future__ import annotations

import http.server
import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sluice.traces import Trace, TraceStore

from tests.local.support.projects import Project, free_port
from tests.unit.support.eventually import eventually

STATUS_FIELDS = {
    "handler",
    "kind",
    "state",
    "waiting",
    "in_flight",
    "delayed",
    "dead",
    "failed",
    "failed_more",
    "running",
    "oldest_s",
    "reason",
    "by",
    "since",
    "until",
    "also_paused",
    "scheduled",
    "unhandled",
    "moved_at",
    "moving",
}

TRACE_FIELDS = {
    "id",
    "handler",
    "status",
    "attempts",
    "event",
    "result",
    "error",
    "logs",
    "emitted",
    "parent",
    "hops",
    "emitted_at",
    "started_at",
    "finished_at",
    "duration_ms",
    "wait_ms",
    "request_id",
    "log_stream",
}


def trace_of(store: TraceStore, handler: str, event_id: str) -> Trace:
    return eventually(lambda: store.get(handler, event_id), f"a trace of {event_id}")


def test_emit_prints_the_id_and_what_to_run_next(project: Project, store: TraceStore) -> None:
    ran = project.run("emit", "echo", '{"n": 1e400}')

    event_id = ran.out.removesuffix("\n")
    assert ran.code == 0
    assert ran.err.endswith(f"next: sluice trace {event_id}\n")
    assert trace_of(store, "echo", event_id).event == '{"n": 1e400}'


@pytest.mark.parametrize("text", ["-5", "null", '"-"', "[1, 2]", " 7 ", "0.10", '"\uffff"'])
def test_any_json_can_be_emitted_as_an_argument(project: Project, store: TraceStore, text: str) -> None:
    ran = project.run("emit", "echo", text, "--json")

    assert ran.code == 0, ran.err
    assert ran.json["handler"] == "echo"
    (event_id,) = ran.json["ids"]
    assert json.loads(trace_of(store, "echo", event_id).event) == json.loads(text)


def test_emit_reads_stdin_and_lines_and_files(project: Project, store: TraceStore) -> None:
    lines = ['{"a": 1.00}', '"zwei — 2"', "[3]"]
    file = project.root / "events.jsonl"
    file.write_text("\n\n".join(lines) + "\n", encoding="utf-8")

    whole = project.run("emit", "echo", "-", stdin='{\n "over": "two lines"\n}\n', limit=60)
    piped = project.run("emit", "echo-ten", "-", "--lines", stdin="\r\n".join(lines))
    filed = project.run("emit", "echo-ten", "--lines", "--file", "events.jsonl", "--json")

    assert json.loads(trace_of(store, "echo", whole.out.strip()).event) == {"over": "two lines"}
    for ids in (piped.out.split(), filed.json["ids"]):
        assert [trace_of(store, "echo-ten", event_id).event for event_id in ids] == lines


def test_nothing_is_sent_if_one_line_is_bad(project: Project, store: TraceStore, now: float) -> None:
    ran = project.run("emit", "echo", "--lines", "-", stdin='1\n\n{"a": }\n2\n')

    assert (ran.code, ran.out) == (2, "")
    assert "line 3" in ran.err
    assert "column 7" in ran.err
    (row,) = project.run("status", "echo", "--json").json
    assert (row["waiting"], row["in_flight"]) == (0, 0)
    assert store.recent("echo", since=now) == []


def test_a_delayed_event_waits(project: Project, store: TraceStore) -> None:
    soon = project.run("emit", "echo", "1", "--delay", "1").out.strip()
    past = project.run("emit", "echo", "2", "--at", "2020-01-01T00:00:00Z").out.strip()
    moment = datetime.now(UTC) + timedelta(minutes=5)
    later = project.run("emit", "raiser", "3", "--at", moment.isoformat())

    (row,) = project.run("status", "raiser", "--json").json

    assert (later.code, row["delayed"]) == (0, 1)
    trace = trace_of(store, "echo", soon)
    assert trace.wait_ms is not None
    assert trace.wait_ms >= 1000
    assert trace_of(store, "echo", past).status == "ok"
    assert store.get("raiser", later.out.strip()) is None


def test_an_event_without_a_handler_is_kept_and_shown(project: Project) -> None:
    ran = project.run("emit", "ecoh", '{"x": 1}')
    again = project.run("emit", "ecoh", "2", "--json")

    assert (ran.code, again.code) == (0, 0)
    assert "no handler is named 'ecoh'" in ran.err
    assert "did you mean 'echo'?" in ran.err
    (row,) = project.run("status", "ecoh", "--json").json
    assert (row["kind"], row["state"], row["waiting"], row["unhandled"]) == (None, "no-handler", None, 2)
    assert "ecoh" in project.run("status").out
    traces = project.run("traces", "ecoh", "--json").json
    assert [(trace["status"], trace["event"]) for trace in traces] == [("no-handler", 2), ("no-handler", {"x": 1})]
    assert project.run("trace", ran.out.strip(), "--json").json["handler"] == "ecoh"


def test_status_has_a_row_for_each_handler(project: Project) -> None:
    ran = project.run("status", "--json")

    rows: dict[str, Any] = {row["handler"]: row for row in ran.json}
    assert {"echo", "echo-ten", "printer", "raiser", "order-placed", "nightly-report"} <= set(rows)
    assert all(set(row) == STATUS_FIELDS for row in rows.values())
    assert (rows["echo"]["kind"], rows["echo"]["state"]) == ("worker", "running")
    assert (rows["nightly-report"]["kind"], rows["nightly-report"]["state"]) == ("cron", "running")


def test_traces_are_limited_by_number_status_and_time(project: Project, store: TraceStore) -> None:
    ids = project.run("emit", "raiser", "--lines", stdin="1\n2\n3\n").out.split()
    for event_id in ids:
        trace_of(store, "raiser", event_id)

    newest = project.run("traces", "raiser", "--limit", "2", "--json").json
    ok = project.run("traces", "raiser", "--status", "ok", "--json")
    recent = project.run("traces", "raiser", "--since", "1h", "--json").json
    none = project.run("traces", "raiser", "--since", "2100-01-01T00:00:00Z")
    table = project.run("traces", "raiser", "--since", "10m")

    assert [trace["id"] for trace in newest] == sorted(ids, reverse=True)[:2]
    assert all(set(trace) >= TRACE_FIELDS for trace in newest)
    assert (ok.code, ok.json) == (0, [])
    assert {trace["id"] for trace in recent} >= set(ids)
    assert (none.code, none.out) == (0, "")
    assert all(event_id in table.out for event_id in ids)
    assert table.err.endswith(f"next: sluice trace {newest[0]['id']}\n")


def test_another_server_at_the_port_is_not_taken_for_a_local_cloud(tmp_path: Path) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as other:
        threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.01}).start()
        ran = Project(tmp_path, other.server_address[1]).run("status")
        other.shutdown()
    assert (ran.code, ran.out) == (5, "")
    assert "is not a local cloud, or it hangs" in ran.err


def test_a_name_without_a_handler_cannot_be_run(project: Project) -> None:
    assert project.run("emit", "made-later", "1").code == 0
    for arguments in (["made-later"], ["made-later", "1"]):
        ran = project.run("run", *arguments)
        assert (ran.code, ran.out) == (3, "")
        assert "no handler named 'made-later'" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["status", "ecko"], 3, "did you mean 'echo'?"),
        (["traces", "no-such-thing"], 3, "no handler named 'no-such-thing'"),
        (["trace", "01900000-0000-7000-8000-000000000000"], 3, "has no trace"),
        (["trace", "12"], 3, "not an event's id"),
        (["emit", "echo"], 2, "give the event"),
        (["emit", "echo", "NaN"], 2, "NaN"),
        (["emit", "echo", "{'a': 1}"], 2, "column 2"),
        (["emit", "echo", "1", "--delay", "-1"], 2, "0 or more"),
        (["emit", "echo", "1", "--at", "2030-01-31T09:00:00"], 2, "time zone"),
        (["emit", "echo", "1", "--at", "2200-01-31T09:00:00Z"], 2, "2199"),
        (["scheduled", "ecko"], 3, "did you mean 'echo'?"),
        (["cancel", "01900000-0000-7000-8000-000000000000"], 3, "is scheduled"),
        (["cancel", "12"], 3, "is scheduled"),
        (["emit", "echo", "1", "--at", "soon"], 2, "--at soon"),
        (["emit", "echo", "1", "--dealy", "1"], 2, "--dealy"),
        (["emit", "Echo", "1"], 2, "lower-case"),
        (["emit", "echo", "1", "--stage", "Prod"], 2, "lower-case"),
        (["traces", "echo", "--since", "yesterday"], 2, "--since yesterday"),
        (["traces", "echo", "--since", "2030-01-31T09:00:00"], 2, "time zone"),
        (["traces", "echo", "--status", "fine"], 2, "ok"),
        (["traces", "echo", "--limit", "0"], 2, "limit"),
        (["up", "--stage", "prod"], 2, "sluice cdk deploy --stage prod"),
        (["emitt"], 2, "emit"),
    ],
)
def test_wrong_arguments_get_a_message_and_an_exit_code(
    project: Project, arguments: list[str], code: int, message: str
) -> None:
    ran = project.run(*arguments)

    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert ran.err.splitlines()[-1].startswith("next: sluice ")


def test_nothing_runs_at_another_port(project: Project) -> None:
    elsewhere = Project(project.root, free_port())
    for arguments in (["status"], ["emit", "echo", "1"], ["traces", "echo"], ["trace", "x"]):
        ran = elsewhere.run(*arguments, "--json")
        assert (ran.code, ran.out) == (5, "")
        assert ran.err.endswith("next: sluice up\n")
