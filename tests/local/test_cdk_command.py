"""`sluice cdk` and `sluice check`: app.py is synthesised, and nothing is deployed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.local.support.projects import Project, handlers_in, make_project


def test_the_cdk_synthesises_app_py_as_it_is_now_with_no_other_node(not_up: Project, tmp_path: Path) -> None:
    for program in ("node", "npm", "npx"):
        trap = tmp_path / program
        trap.write_text("#!/bin/sh\nexit 99\n")
        trap.chmod(0o755)
    environment = not_up.environment | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    listed = subprocess.run(
        not_up.command("cdk", "list"), cwd=not_up.root, env=environment, capture_output=True, text=True, check=False
    )
    prod = not_up.run("cdk", "list", "--stage", "prod")
    app = not_up.root / "app.py"
    text = app.read_text()
    try:
        app.write_text(text.replace("app.synth()", ""))
        nothing_made = not_up.run("cdk", "list", "--stage", "prod")
    finally:
        app.write_text(text)

    assert listed.stdout.split() == ["sluice-local"], listed.stderr
    assert "sluice-prod" in prod.out
    assert nothing_made.code == 1
    assert "sluice-" not in nothing_made.out, "an earlier synthesis was used"


def test_an_unknown_command_of_the_cdk_fails(not_up: Project) -> None:
    assert not_up.run("cdk", "no-such-command").code == 1


def test_check_counts_the_handlers(not_up: Project) -> None:
    listed = handlers_in(not_up.root)

    ran = not_up.run("check")
    as_json = not_up.run("check", "--json").json

    assert (ran.code, ran.out) == (0, f"ok: {len(listed)} handlers\n")
    assert as_json == {"ok": True, "handlers": listed, "problems": [], "notes": []}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("print('done')\n", "its last line has to be app.synth()"),
        ("from aws_cdk import App\nApp().synth()\n", "make a SluiceStack in it"),
        ("import os\nos._exit(7)\n", "app.py exited with code 7 and printed nothing"),
    ],
)
def test_check_says_how_to_fix_an_app_that_makes_nothing(tmp_path: Path, text: str, message: str) -> None:
    project = make_project(tmp_path / "project", "small_app.py")
    (project.root / "app.py").write_text(text)

    checked = project.run("check", "--json")

    assert checked.code == 1
    assert [message in problem for problem in checked.json["problems"]] == [True]
