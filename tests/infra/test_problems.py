"""The errors that end a synth."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from infra import InvalidAppError
from infra.problems import SynthError
from tests.infra.support.synth import PROJECT, make_project

WRONG_APP = """
from infra import SluiceStack, Worker

# isort: split
from aws_cdk import App

SluiceStack(App(), stage="dev", handlers=[Worker("nowhere", memory=1)], project=__import__("pathlib").Path.cwd())
"""


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


def test_the_error_can_be_caught_as_an_exception() -> None:
    with pytest.raises(Exception, match="1 problem to fix") as caught:
        raise InvalidAppError(["it is wrong"])
    assert isinstance(caught.value, InvalidAppError)
    assert caught.value.problems == ("it is wrong",)
    assert isinstance(caught.value, SynthError)
