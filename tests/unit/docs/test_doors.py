"""The ways into the project: what lies at its top, its versions, its checks, its templates."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch

from tests.unit.support.pages import PAGES, PROJECT

AT_THE_TOP = {
    *("app.py", "cdk.json", "pyproject.toml", "uv.lock", "README.md", "CHANGELOG.md", "LICENSE"),
    *("infra", "functions", "tests", "docs"),
}


def text_of(path: str) -> str:
    return (PROJECT / path).read_text(encoding="utf-8")


def test_nothing_else_lies_at_the_top() -> None:
    ignored = [line.strip("/") for line in text_of(".gitignore").splitlines()]

    there = {path.name for path in PROJECT.iterdir() if not path.name.startswith(".")}
    assert {name for name in there if not any(fnmatch(name, pattern) for pattern in ignored)} == AT_THE_TOP


def test_the_changelog_has_the_version() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    locked = {package["name"]: package for package in tomllib.loads(text_of("uv.lock"))["package"]}
    sections = re.findall(r"^## \[([\d.]+)\] - \d{4}-\d{2}-\d{2}$", text_of("CHANGELOG.md"), flags=re.MULTILINE)

    assert sections[0] == version == locked["sluice"]["version"]
    assert sections == sorted(sections, reverse=True)


def test_the_changelog_keeps_its_format() -> None:
    kinds = re.findall(r"^### (.*)$", text_of("CHANGELOG.md"), flags=re.MULTILINE)

    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_pre_commit_runs_the_locked_versions() -> None:
    config = text_of(".pre-commit-config.yaml")

    assert re.findall(r"- repo: (.*)", config) == ["local"]
    entries = re.findall(r"entry: (.*)", config)
    assert len(entries) == len(re.findall(r"- id: ", config)) == 3
    for entry, checked in zip(entries, ["ruff check", "ruff format --check", "mypy"], strict=True):
        assert entry.startswith(f".venv/bin/uv run --locked {checked}")
        assert f"run .venv/bin/uv run {checked}\n" in text_of(".ci/run")


def test_the_workflow_runs_what_people_run() -> None:
    workflow = text_of(".github/workflows/ci.yml")

    assert re.findall(r"runs-on: (.*)", workflow) == ["ubuntu-latest"]
    assert re.findall(r"- run: (.*)", workflow) == [".ci/run"]
    minimum = tomllib.loads(text_of("pyproject.toml"))["project"]["requires-python"].removeprefix(">=")
    assert f'python-version: "{minimum}"' in workflow


def test_ci_tries_more_histories_than_a_developer() -> None:
    (histories,) = re.findall(r"^export SLUICE_TEST_HISTORIES=(\d+)$", text_of(".ci/run"), flags=re.MULTILINE)
    (row,) = [about for name, about in PAGES["docs/commands.md"].rows("variable") if "SLUICE_TEST_HISTORIES" in name]

    assert f"`.ci/run` sets `{histories}`" in row
    assert int(histories) > int(re.findall(r"(\d+) if not set", row)[0])


def test_the_package_is_typed() -> None:
    assert (PROJECT / "functions" / "sluice" / "py.typed").is_file()


def test_vulnerabilities_are_reported_privately() -> None:
    assert "private vulnerability reporting" in " ".join(PAGES[".github/SECURITY.md"].text.split())
