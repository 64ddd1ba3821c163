"""`sluice up` and `sluice down`: once, twice, at the same time, after a kill, and on a port that is taken."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sluice import emit
from sluice.traces import TraceStore

from tests.local.support.projects import Project, free_port, make_project
from tests.unit.support.eventually import eventually


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Project]:
    """A project that is not up."""
    made = make_project(tmp_path / "another")
    try:
        yield made
    finally:
        assert made.run("down").code == 0


def processes_of(project: Project) -> list[psutil.Process]:
    """Everything that runs for a project's local cloud: its directory is in each command line."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(project.files) in word for word in process.info["cmdline"] or ())
    ]


def open_ports(process: psutil.Process) -> set[tuple[str, int]]:
    """Where a process can be talked to."""
    return {
        (connection.laddr.ip, connection.laddr.port)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN or not connection.raddr
    }


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_everything_listens_on_this_machine_alone(project: Project, store: TraceStore) -> None:
    event = emit("echo", 1, stage="local")
    eventually(lambda: store.get("echo", event), "a trace, so that a handler's process runs")

    seen = 0
    listening: set[tuple[str, int]] = set()
    for main in processes_of(project):
        # Those of poisonous handlers come and go.
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


def test_a_change_gets_into_the_running_cloud(project: Project, store: TraceStore) -> None:
    kept = emit("echo", "from before", stage="local")
    eventually(lambda: store.get("echo", kept), "a trace")
    server = project.run("up", "--json").json["pid"]
    handler = project.root / "functions" / "handlers" / "printer.py"
    text = handler.read_text()
    handler.write_text('def handle(event):\n    return "changed"\n')
    try:
        changed = project.run("up", "--json")
        assert (changed.code, changed.json["deployed"], changed.json["pid"]) == (0, True, server), changed.err
        event = emit("printer", {"say": "hello"}, stage="local")
        trace = eventually(lambda: store.get("printer", event), "a trace")
        assert trace.result == "changed"
        assert store.get("echo", kept)
    finally:
        handler.write_text(text)
        assert project.run("up").code == 0


def test_a_failed_change_says_why_and_leaves_what_runs(project: Project, store: TraceStore) -> None:
    app = project.root / "app.py"
    text = app.read_text()
    app.write_text(text.replace('Worker("echo")', 'Worker("echo", timeout=100_000)'))
    try:
        checked = project.run("check", "--json")
        failed = project.run("up", "--json")
        still = project.run("status", "echo", "--json")
    finally:
        app.write_text(text)
    assert (checked.code, checked.json["ok"]) == (1, False)
    assert ["timeout" in problem and "echo" in problem for problem in checked.json["problems"]] == [True]
    assert (failed.code, failed.out) == (1, "")
    assert "handler 'echo': timeout" in failed.err
    assert failed.err.endswith("next: sluice up\n")
    assert still.json[0]["state"] == "running"
    mended = project.run("up", "--json")
    assert mended.code == 0, mended.err
    event = emit("echo", "after", stage="local")
    assert eventually(lambda: store.get("echo", event), "a trace").result == "after"


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
    eventually(lambda: log.exists() and "deploying..." in log.read_text(), "a deployment under way", limit=120)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert another.run("status", "--json").code in {0, 5}
    # What a process of that number left behind, which is another's now.
    (another.files / "deployed.json").write_text(
        json.dumps({"server": {"pid": os.getpid(), "started": 1.0}, "made_from": "something"})
    )
    (another.files / "cdk.out" / f"read.{os.getpid()}.1.lock").write_text(str(os.getpid()))

    # Two at once: one does it, the other waits for it.
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


def test_up_recovers_from_a_server_that_died(another: Project) -> None:
    first = another.run("up", "--json").json
    os.kill(first["pid"], signal.SIGKILL)
    eventually(lambda: is_free(another.port), "a free port")
    nothing = another.run("status", "--json")
    assert (nothing.code, nothing.out) == (5, "")
    assert nothing.err.endswith("next: sluice up\n")

    second = another.run("up", "--json")

    assert (second.code, second.json["deployed"]) == (0, True), second.err
    assert second.json["pid"] != first["pid"]


def test_crons_can_be_kept_from_firing(another: Project) -> None:
    off = another.run("up", "--no-crons", "--json")
    assert off.code == 0, off.err
    states = {cron["cron"]: cron["state"] for cron in another.run("crons", "--json").json}
    again = another.run("up", "--no-crons", "--json").json
    on = another.run("up", "--json")

    assert (off.json["deployed"], again["deployed"], on.json["deployed"]) == (True, False, True)
    assert set(states.values()) == {"disabled"}
    assert {cron["state"] for cron in another.run("crons", "--json").json} == {"running"}


def test_rights_are_heeded_from_the_next_up_on(another: Project) -> None:
    guarded = Project(another.root, another.port, {"SLUICE_LOCAL_IAM": "1"})
    nobody = Project(another.root, another.port, {"SLUICE_LOCAL_KEY_ID": "AKIABAD", "SLUICE_LOCAL_SECRET": "x"})
    assert another.run("up").code == 0
    assert nobody.run("status").code == 0

    changed, again = guarded.run("up", "--json"), guarded.run("up", "--json")

    assert (changed.json["deployed"], again.json["deployed"]) == (True, False), changed.err
    assert nobody.run("status").code != 0


def test_an_interrupted_up_takes_its_deployment_along(another: Project) -> None:
    interrupted = another.start("up")

    def deploying() -> list[psutil.Process]:
        return [process for process in processes_of(another) if "aws-cdk" in " ".join(process.info["cmdline"])]

    eventually(deploying, "a deployment under way", limit=120)

    interrupted.send_signal(signal.SIGINT)
    interrupted.communicate(timeout=60)

    assert interrupted.returncode == 1
    assert deploying() == []


def test_nothing_is_up_outside_of_a_project(project: Project, tmp_path: Path) -> None:
    for command in ("up", "down", "check", "demo", "cdk"):
        ran = Project(tmp_path, free_port()).run(command)
        assert (ran.code, ran.out) == (2, "")
        assert "app.py and cdk.json" in ran.err


def test_the_cdks_own_command_line_sees_the_local_cloud(not_up: Project) -> None:
    assert not_up.run("cdk", "list").out.split() == ["sluice-local"]
    assert "sluice-prod" in not_up.run("cdk", "list", "--stage", "prod").out
    assert not_up.run("cdk", "no-such-command").code == 1


def test_no_other_node_is_used(not_up: Project, tmp_path: Path) -> None:
    for program in ("node", "npm", "npx"):
        trap = tmp_path / program
        trap.write_text("#!/bin/sh\nexit 99\n")
        trap.chmod(0o755)
    environment = not_up.environment | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    listed = subprocess.run(
        not_up.command("cdk", "list"), cwd=not_up.root, env=environment, capture_output=True, text=True, check=False
    )

    assert listed.stdout.split() == ["sluice-local"], listed.stderr
