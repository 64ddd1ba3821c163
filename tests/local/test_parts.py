"""The parts of the local cloud that need none to be tried."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from sluice.local import environment, processes
from sluice.local.errors import InvalidPortError, ProjectNotFoundError
from sluice.local.failure_reason import NOTHING_MADE, reason_in
from sluice.local.files import Files
from sluice.local.fingerprint import fingerprint
from sluice.local.lock import locked
from sluice.local.port import local_port
from sluice.local.project import find_project

from tests.local.projects import eventually

ROOT = Path("/home/ada/shop")


def test_a_project_is_found_from_within(tmp_path: Path) -> None:
    inside = tmp_path / "functions" / "handlers"
    inside.mkdir(parents=True)
    (tmp_path / "app.py").touch()
    with pytest.raises(ProjectNotFoundError, match=r"app\.py and cdk\.json"):
        find_project(inside)

    (tmp_path / "cdk.json").touch()

    assert find_project(inside) == find_project(tmp_path) == tmp_path.resolve()


@pytest.mark.parametrize("text", ["0", "65536", "-1", "4566.0", "x", "٤٥٦٦", " "])
def test_a_port_is_a_number(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SLUICE_PORT", text)
    with pytest.raises(InvalidPortError, match="SLUICE_PORT"):
        local_port()


def test_the_port_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLUICE_PORT", raising=False)
    assert local_port() == 4566
    monkeypatch.setenv("SLUICE_PORT", "65535")
    assert local_port() == 65535


def test_the_fingerprint_covers_what_is_deployed_and_nothing_else(tmp_path: Path) -> None:
    deployed = ["app.py", "cdk.json", "pyproject.toml", "uv.lock", "infra/a/b.py", "functions/handlers/x.py"]
    deployed += ["team.py", "ours/settings.py"]
    others = [
        "README.md",
        "tests/test_x.py",
        "functions/sluice/cli/x.py",
        "functions/handlers/__pycache__/x.pyc",
        ".env",
        "ours/notes.txt",
        "cdk.out/x.py",
    ]
    for name in deployed + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    before = fingerprint(tmp_path)

    for name in others:
        (tmp_path / name).write_text("after")
    assert fingerprint(tmp_path) == before

    seen = {before}
    for name in deployed:
        (tmp_path / name).write_text("after")
        seen.add(fingerprint(tmp_path))
    (tmp_path / "functions" / "handlers" / "x.py").rename(tmp_path / "functions" / "handlers" / "y.py")
    seen.add(fingerprint(tmp_path))
    assert len(seen) == 1 + len(deployed) + 1


def test_the_server_is_told_nothing_of_the_callers_settings(tmp_path: Path) -> None:
    caller = {
        "PATH": "/usr/bin",
        "HTTPS_PROXY": "http://proxy:3128",
        "NO_PROXY": "intranet",
        "AWS_PROFILE": "prod",
        "AWS_LAMBDA_FUNCTION_NAME": "x",
        "PERSIST_STATE": "1",
        "AUTH": "true",
        "BIND_HOST": "0.0.0.0",
        "USE_SSL": "1",
        "PYTHONPATH": "/x",
        "HOME": "/home/ada",
        "MINISTACK_REGION": "mars",
    }

    told = environment.for_server(caller, 4567, tmp_path)

    assert {name: told[name] for name in ("PATH", "HTTPS_PROXY", "BIND_HOST", "GATEWAY_PORT", "PERSIST_STATE")} == {
        "PATH": "/usr/bin",
        "HTTPS_PROXY": "http://proxy:3128",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": "4567",
        "PERSIST_STATE": "0",
    }
    assert told["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    assert told["AUTH"] == "false"
    assert not {"AWS_PROFILE", "AWS_LAMBDA_FUNCTION_NAME", "USE_SSL", "PYTHONPATH", "MINISTACK_REGION"} & set(told)
    for name in ("TMPDIR", "HOME", "STATE_DIR", "S3_DATA_DIR", "DOCKER_HOST"):
        assert str(tmp_path) in told[name]


def test_the_cdk_runs_this_python_and_that_node_and_calls_nobody(tmp_path: Path) -> None:
    node = tmp_path / "bin" / "node"

    told = environment.for_cdk({"PATH": "/usr/bin", "AWS_PROFILE": "prod", "PYTHONDONTWRITEBYTECODE": "1"}, node)

    assert told["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), str(node.parent), "/usr/bin"]
    assert told["JSII_NODE"] == str(node)
    assert told["CDK_DISABLE_CLI_TELEMETRY"] == "true"
    assert told["CDK_DISABLE_VERSION_CHECK"] == "1"
    assert told["AWS_PROFILE"] == "prod"
    assert "PYTHONDONTWRITEBYTECODE" not in told


VALIDATION = """
Sluice: 2 problems to fix before anything is deployed:
- handler 'a': one
- handler 'b': two
python3 app.py: Subprocess exited with error 1
"""

VALIDATION_OF_MANY = "Sluice: 30 problems to fix before anything is deployed:\n" + "".join(
    f"- handler {number}: wrong\n" for number in range(30)
)

IMPORT_ERROR = f"""
Traceback (most recent call last):
  File "{ROOT}/app.py", line 5, in <module>
    from infra import Cron
  File "{ROOT}/infra/__init__.py", line 2, in <module>
    import nothing
  File "{ROOT}/.venv/lib/python3.13/site-packages/x.py", line 7, in <module>
    import nothing
ModuleNotFoundError: No module named 'nothing'
python3 app.py: Subprocess exited with error 1
"""

SYNTAX_ERROR = f"""
  File "{ROOT}/app.py", line 3
    x = (
        ^
SyntaxError: '(' was never closed
"""

CHAINED = f"""
jsii.errors.JavaScriptError:
  @jsii/kernel.RuntimeError: Error: name too long
      at Kernel._Kernel_ensureSync (/tmp/x.js:1:2)

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "{ROOT}/app.py", line 9, in <module>
    SluiceStack(app)
  File "/usr/lib/python3/jsii/process.py", line 359, in send
    raise RuntimeError(resp.error) from JavaScriptError(resp.stack)
RuntimeError: Error: name too long
and this is the second line of it
"""

DEPLOYMENT = """
sluice-local: creating CloudFormation changeset...
sluice-local |  1/33 | 7:09:50 PM | CREATE_COMPLETE  | AWS::SQS::Queue     | a (a1524EB34)
sluice-local |  1/33 | 7:09:51 PM | CREATE_FAILED    | AWS::Lambda::Function | f (f42) Runtime not supported
 ❌  sluice-local failed: The stack named sluice-local failed creation
"""


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (VALIDATION, "Sluice: 2 problems to fix before anything is deployed:\n- handler 'a': one\n- handler 'b': two"),
        (
            "ValueError: careful\n- careful\n" + VALIDATION_OF_MANY,
            "Sluice: 30 problems to fix before anything is deployed:\n"
            + "\n".join(f"- handler {number}: wrong" for number in range(30)),
        ),
        ("[Error] ENOENT: no such file or directory, open '/x/cdk.out/manifest.json'", NOTHING_MADE),
        (IMPORT_ERROR, "infra/__init__.py, line 2: ModuleNotFoundError: No module named 'nothing'"),
        (SYNTAX_ERROR, "app.py, line 3: SyntaxError: '(' was never closed"),
        (CHAINED, "app.py, line 9: RuntimeError: Error: name too long\nand this is the second line of it"),
        (
            DEPLOYMENT,
            "AWS::Lambda::Function f (f42) Runtime not supported\n"
            "❌  sluice-local failed: The stack named sluice-local failed creation",
        ),
        ("\n".join(f"line {number}" for number in range(30)), "\n".join(f"line {n}" for n in range(15, 30))),
        ("", ""),
    ],
)
def test_the_reason_of_a_failure(output: str, reason: str) -> None:
    assert reason_in(output.splitlines(), ROOT) == reason


def test_one_command_at_a_time(tmp_path: Path) -> None:
    files = Files(tmp_path, 1)
    waited_for: list[str] = []
    order: list[str] = []

    def second() -> None:
        with locked(files.lock, waited_for.append):
            order.append("second")

    with locked(files.lock, waited_for.append):
        thread = threading.Thread(target=second)
        thread.start()
        eventually(lambda: waited_for, "the second one to wait")
        order.append("first")
    thread.join(10)

    assert order == ["first", "second"]
    assert waited_for == [str(os.getpid())]


PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]])
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]], start_new_session=True)
time.sleep(600)
"""


def test_a_process_is_killed_with_everything_that_it_started(tmp_path: Path) -> None:
    mark = str(tmp_path)

    def marked() -> list[psutil.Process]:
        return processes.running(lambda command: mark in command)

    child = subprocess.Popen([sys.executable, "-c", PARENT, mark], start_new_session=True)
    eventually(lambda: len(marked()) == 3, "three processes")
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", f"{mark}-not"])
    try:
        processes.kill([process for process in marked() if process.pid == child.pid])

        assert marked() == []
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
        child.wait()


def test_a_process_is_not_another_of_the_same_number() -> None:
    mine = processes.identity(psutil.Process())

    assert mine == processes.identity(psutil.Process(mine.pid))
    assert mine != processes.Identity(mine.pid, mine.started - 1)
