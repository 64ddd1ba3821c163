"""`sluice up` and `sluice down`: again, at the same time, after a kill, and at a port that is taken."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sluice import emit
from sluice.traces import TraceStore

from tests.local.support.projects import Project, free_port, is_free, make_project
from tests.local.support.restarts import Restarts
from tests.unit.support.eventually import eventually


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Project]:
    """A project whose local cloud is not up."""
    made = make_project(tmp_path / "another", "small_app.py")
    try:
        yield made
    finally:
        assert made.run("down").code == 0


def processes_of(project: Project) -> list[psutil.Process]:
    """Return all processes of a project's local cloud: its directory is in each command line."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(project.files) in word for word in process.info["cmdline"] or ())
    ]


def open_ports(process: psutil.Process) -> set[tuple[str, int]]:
    """Return the addresses and ports at which a process listens."""
    return {
        (connection.laddr.ip, connection.laddr.port)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN or not connection.raddr
    }


def test_everything_listens_on_this_machine_alone(project: Project, store: TraceStore) -> None:
    event = emit("echo", 1, stage="local")
    eventually(lambda: store.get("echo", event), "a trace, so that a handler's process runs")

    seen = 0
    listening: set[tuple[str, int]] = set()
    for main in processes_of(project):
        # Processes of poisonous handlers come and go.
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in [main, *main.children(recursive=True)]:
                listening |= open_ports(process)
                seen += 1

    assert seen > 1
    assert listening == {("127.0.0.1", project.port)}


def test_up_again_does_not_deploy_again(project: Project) -> None:
    log = project.files / "deploy.log"
    before = log.stat().st_mtime_ns

    again = project.run("up", "--json")

    assert (again.code, again.json["deployed"]) == (0, False)
    assert log.stat().st_mtime_ns == before
    assert "nothing has changed" in again.err


def test_a_change_is_deployed_and_a_wrong_one_is_refused(project: Project, store: TraceStore) -> None:
    kept = emit("echo", "from before", stage="local")
    eventually(lambda: store.get("echo", kept), "a trace")
    server = project.run("up", "--json").json["pid"]
    handler, app = project.root / "functions" / "handlers" / "printer.py", project.root / "app.py"
    handler_before, app_before = handler.read_text(), app.read_text()
    try:
        handler.write_text('def handle(event):\n    return "changed"\n')
        changed = project.run("up", "--json")
        assert (changed.code, changed.json["deployed"], changed.json["pid"]) == (0, True, server), changed.err
        event = emit("printer", {"say": "hello"}, stage="local")
        assert eventually(lambda: store.get("printer", event), "a trace").result == "changed"
        assert store.get("echo", kept)

        project.run("pause", "printer")
        waiting = emit("printer", {"say": "wait"}, stage="local")
        app.write_text(app_before.replace('        Worker("printer"),\n', ""))
        handler.unlink()
        unasked = project.run("up", "--json")
        assert (unasked.code, unasked.out) == (2, ""), unasked.err
        assert "printer: 1 waiting" in unasked.err
        assert project.run("status", "printer", "--json").json[0]["waiting"] == 1
        handler.write_text(handler_before)
        project.run("unpause", "printer")
        assert eventually(lambda: store.get("printer", waiting), "a trace").result == "changed"

        app.write_text(app_before.replace('Worker("echo")', 'Worker("echo", timeout=100_000)'))
        checked = project.run("check", "--json")
        refused = project.run("up", "--json")
        assert (checked.code, checked.json["ok"]) == (1, False)
        assert ["timeout" in problem and "echo" in problem for problem in checked.json["problems"]] == [True]
        assert (refused.code, refused.out) == (1, "")
        assert "handler 'echo': timeout" in refused.err
        assert refused.err.endswith("next: sluice up\n")
        assert project.run("status", "echo", "--json").json[0]["state"] == "running"
    finally:
        handler.write_text(handler_before)
        app.write_text(app_before)
        fixed = project.run("up", "--json")
    assert (fixed.code, fixed.json["pid"]) == (0, server), fixed.err
    event = emit("echo", "after", stage="local")
    assert eventually(lambda: store.get("echo", event), "a trace").result == "after"
    assert project.run("up", "--json").json["deployed"] is False


def test_a_taken_port_is_named_with_the_way_out(another: Project) -> None:
    with socket.create_server(("127.0.0.1", another.port)):
        refused = another.run("up", "--json")

    assert (refused.code, refused.out) == (1, "")
    assert f"port {another.port} is taken by process {os.getpid()}" in refused.err
    assert f"next: SLUICE_PORT={another.port + 1} sluice up" in refused.err
    assert processes_of(another) == []


def test_the_port_of_another_projects_cloud_is_taken_too(project: Project, another: Project) -> None:
    intruder = Project(another.root, project.port)

    refused = intruder.run("up")
    harmless = intruder.run("down")

    assert refused.code == 1
    assert f"port {project.port} is taken" in refused.err
    assert harmless.code == 0
    assert project.run("status", "--json").code == 0


def test_up_recovers_from_a_killed_one_and_down_leaves_nothing(another: Project) -> None:
    killed = another.start("up")
    log = another.files / "deploy.log"
    eventually(lambda: log.exists() and "deploying..." in log.read_text(), "a deployment under way")
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert another.run("status", "--json").code in {0, 5}
    # The record and the lock of a process whose number another process has now.
    (another.files / "deployed.json").write_text(
        json.dumps({"server": {"pid": os.getpid(), "started": 1.0}, "made_from": "something"})
    )
    (another.files / "cdk.out" / f"read.{os.getpid()}.1.lock").write_text(str(os.getpid()))

    # Two at once: one deploys, the other waits for it.
    both = [another.start("up", "--json") for _ in range(2)]
    outputs, errors = zip(*(process.communicate(timeout=300) for process in both), strict=True)

    assert [process.returncode for process in both] == [0, 0], errors
    assert sorted(json.loads(output)["deployed"] for output in outputs) == [False, True]
    assert len({json.loads(output)["pid"] for output in outputs}) == 1
    rows = another.run("status", "--json").json
    assert {row["state"] for row in rows} == {"running"}
    assert another.run("emit", "echo", "1").code == 0
    eventually(lambda: len(processes_of(another)) > 1, "a handler's process")

    down = another.run("down", "--json")

    assert (down.code, down.json) == (0, {"stopped": True})
    assert is_free(another.port)
    assert processes_of(another) == []
    assert {path.name for path in another.files.iterdir()} == {"lock", "ministack.log", "deploy.log"}
    again = another.run("down", "--json")
    assert (again.code, again.json) == (0, {"stopped": False})
    assert another.run("status").code == 5


def test_crons_can_be_kept_from_firing(restarts: Restarts) -> None:
    off, again = restarts.without_crons

    assert (off.json["deployed"], again.json["deployed"], restarts.with_crons.json["deployed"]) == (True, False, True)
    assert restarts.crons_off == {"disabled"}
    assert restarts.crons_on == {"running"}


def test_iam_is_on_after_the_next_up(restarts: Restarts) -> None:
    changed, again = restarts.with_iam

    assert (changed.json["deployed"], again.json["deployed"]) == (True, False)
    assert restarts.unknown_key.code == 4
    assert restarts.unknown_key.err.endswith("next: sluice up\n")


def test_up_recovers_from_a_server_that_died(restarts: Restarts) -> None:
    dead, before = restarts.dead, restarts.with_iam[1]

    assert (dead.code, dead.out) == (5, "")
    assert dead.err.endswith("next: sluice up\n")
    assert restarts.revived.json["deployed"] is True
    assert restarts.revived.json["pid"] != before.json["pid"]


def test_an_interrupted_up_stops_its_deployment(another: Project) -> None:
    interrupted = another.start("up")

    def deploying() -> list[psutil.Process]:
        return [process for process in processes_of(another) if "aws-cdk" in " ".join(process.info["cmdline"])]

    eventually(deploying, "a deployment under way")

    interrupted.send_signal(signal.SIGINT)
    interrupted.communicate(timeout=60)

    assert interrupted.returncode == 1
    assert deploying() == []


def test_no_command_runs_outside_of_a_project(tmp_path: Path) -> None:
    for command in ("up", "down", "check", "demo", "cdk"):
        ran = Project(tmp_path, free_port()).run(command)
        assert (ran.code, ran.out) == (2, "")
        assert "app.py and cdk.json" in ran.err
