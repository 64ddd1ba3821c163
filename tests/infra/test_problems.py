"""All that is wrong is said at once, as text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra import InvalidAppError, SluiceStack, Worker, stage_of
from infra.bundle.target import LAMBDA
from infra.checks import problems_with
from infra.problems import SynthError
from tests.infra.synth import PROJECT, make_project, make_stack

# isort: split
from aws_cdk import App

WRONG_APP = """
from infra import SluiceStack, Worker

# isort: split
from aws_cdk import App

SluiceStack(App(), stage="dev", handlers=[Worker("nowhere", memory=1)], project=__import__("pathlib").Path.cwd())
"""


def names_said(tmp_path: Path, stage: str, *names: Any) -> list[str]:
    """What is said of entries of these names, their files aside."""
    said = problems_with(stage, [Worker(name) for name in names], functions=tmp_path, target=LAMBDA)
    return [problem for problem in said if "there is no file" not in problem]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("send_receipt", "use lower-case letters, digits and single hyphens"),
        ("SendReceipt", "use lower-case letters"),
        ("", "use lower-case letters"),
        (None, "use lower-case letters"),
        ("send-dead", "names ending in '-dead' are those of dead-letter queues"),
        ("x" * 54, "its function would be named"),
    ],
)
def test_bad_names(tmp_path: Path, name: Any, said: str) -> None:
    [problem] = names_said(tmp_path, "dev", name)
    assert said in problem


def test_the_longest_name(tmp_path: Path) -> None:
    assert names_said(tmp_path, "dev", "x" * 53) == []


def test_names_twice(tmp_path: Path) -> None:
    assert names_said(tmp_path, "dev", "log", "log", "other") == [
        "handler 'log': app.py has 2 entries of this name; leave one, or rename the others and their files"
    ]


def test_a_bad_stage(tmp_path: Path) -> None:
    [said] = names_said(tmp_path, "Prod-1", "log")
    assert "stage 'Prod-1': use lower-case letters and digits only" in said


def test_what_is_no_entry(tmp_path: Path) -> None:
    said = problems_with("dev", ["log"], functions=tmp_path, target=LAMBDA)
    assert said == ["handlers[0] is 'log'; write Worker(...) or Cron(...)"]


def test_app_py_ends_with_text_and_not_a_traceback(tmp_path: Path) -> None:
    project = make_project(tmp_path, ["unlisted"])
    (project / "app.py").write_text(WRONG_APP)
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=project,
        env={"PATH": "", "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    first, *rest = done.stderr.splitlines()
    assert first == "Sluice: 3 problems to fix before anything is deployed:"
    assert [line.split(":")[0] for line in rest] == [
        "- handler 'nowhere'",
        "- handler 'nowhere'",
        "- functions/handlers/unlisted.py",
    ]


def test_the_error_can_be_caught_as_any_other() -> None:
    with pytest.raises(Exception, match="1 problem to fix") as caught:
        raise InvalidAppError(["it is wrong"])
    assert isinstance(caught.value, InvalidAppError)
    assert caught.value.problems == ("it is wrong",)
    assert isinstance(caught.value, SynthError)


@pytest.mark.parametrize(
    ("context", "environment", "stage"),
    [({"stage": "prod"}, "dev", "prod"), ({}, "dev", "dev"), ({}, "", "local"), ({}, None, "local")],
)
def test_the_stage_comes_from_the_context_or_the_environment(
    monkeypatch: pytest.MonkeyPatch, context: dict[str, str], environment: str | None, stage: str
) -> None:
    monkeypatch.delenv("SLUICE_STAGE", raising=False)
    if environment is not None:
        monkeypatch.setenv("SLUICE_STAGE", environment)
    assert stage_of(App(context=context)) == stage


def test_more_handlers_than_a_stack_can_hold_are_too_many(tmp_path: Path) -> None:
    entries = [Worker(f"handler-{number}") for number in range(44)]
    with pytest.raises(InvalidAppError, match=r"44 handlers make 507 resources, and AWS allows a stack 500"):
        make_stack(tmp_path, entries)


def test_handlers_may_come_from_a_generator(tmp_path: Path) -> None:
    project = make_project(tmp_path, ["one", "two"])
    stack = SluiceStack(
        App(outdir=str(tmp_path / "cdk.out")),
        stage="dev",
        handlers=(Worker(name) for name in ("one", "two")),
        project=project,
    )
    assert stack.handler("two").function.function_name
