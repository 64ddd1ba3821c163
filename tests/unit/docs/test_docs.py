"""The README speaks of all there is, and of nothing else."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import sluice
from sluice.cli.commands import root
from sluice.operate.status import HandlerStatus
from sluice.traces import STATUSES, Trace

from infra import Cron, Worker
from infra.checks.settings import LIMITS
from infra.handler.cron_expression import BY_THE_CLOCK, BY_THE_MINUTE

PROJECT = Path(__file__).resolve().parents[3]
README = (PROJECT / "README.md").read_text(encoding="utf-8")

BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
SPANS = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL))
LINES = [*SPANS, *(line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines())]

ON_EVERY_COMMAND = {"--stage", "--json", "--help", "-h", "--version"}


def commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


COMMANDS = dict(commands(root))


def options_of(command: click.Command) -> set[str]:
    return {text for option in command.params if isinstance(option, click.Option) for text in option.opts}


def mentioned_in(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def calls() -> list[tuple[str, tuple[str, ...], list[str]]]:
    """Each call of `sluice` in the README: its line, the command, and the words after it."""
    found = []
    for line in LINES:
        for call in re.findall(r"(?:^|(?<=[ /]))sluice ([a-z].*?)(?:$| && )", line):
            words = call.split()
            name = tuple(words[:2]) if tuple(words[:2]) in COMMANDS else tuple(words[:1])
            found.append((line, name, words[len(name) :]))
    return found


def rows_of(command: tuple[str, ...]) -> list[str]:
    start = f"| `sluice {' '.join(command)}"
    return [line for line in README.splitlines() if line.startswith((f"{start}`", f"{start} "))]


@pytest.mark.parametrize("command", sorted(COMMANDS), ids=" ".join)
def test_every_command_and_option_is_in_the_table(command: tuple[str, ...]) -> None:
    (row,) = rows_of(command)

    assert mentioned_in(row) | ON_EVERY_COMMAND >= options_of(COMMANDS[command])
    arguments = [p for p in COMMANDS[command].params if isinstance(p, click.Argument)]
    for argument in arguments:
        assert (argument.metavar or argument.human_readable_name).strip("[]").upper() in row


def test_every_command_and_option_in_the_readme_exists() -> None:
    assert len(calls()) > 30
    for line, command, words in calls():
        assert command in COMMANDS, line
        if command != ("cdk",):
            assert mentioned_in(" ".join(words)) <= options_of(COMMANDS[command]) | ON_EVERY_COMMAND, line
    for name, about in COMMANDS.items():
        (row,) = rows_of(name)
        if name != ("cdk",):
            assert mentioned_in(row) <= options_of(about), row


def test_every_setting_is_in_the_table_with_its_default() -> None:
    settings = {field.name: field for field in dataclasses.fields(Worker) if field.name != "name"}
    crons = {field.name for field in dataclasses.fields(Cron)} - {"name"} - set(settings)
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]+) \| [^|]+ \| [^|]+ \|$", README, flags=re.MULTILINE))
    assert set(rows) == set(settings)
    for name, default in rows.items():
        wanted = settings[name].default
        shown = "none" if wanted is None or wanted is dataclasses.MISSING else f"{wanted:,}"
        assert default == shown, name
    section = README[README.index("A `Cron` takes") : README.index("### Packages")]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", section, flags=re.MULTILINE)) == crons
    for interval in [*BY_THE_MINUTE, *BY_THE_CLOCK]:
        assert f"`{interval}`" in section


def test_the_limits_are_those_that_are_checked() -> None:
    for name, limit in LIMITS.items():
        (row,) = [line for line in README.splitlines() if line.startswith(f"| `{name}` |")]
        wanted = f"{limit.low:,} to {limit.high:,}"
        assert f"| {wanted}" in row, name


def test_every_field_and_status_is_named() -> None:
    trace = Trace(id="", handler="", status="ok", event="null").printed()
    section = README[README.index("With `--json` a trace has the fields") : README.index("| status |")]
    named = set(re.findall(r"`([a-z_]+)`", section)) - {"type", "message", "traceback"}
    assert named == {*trace, "event"}
    assert re.findall(r"^\| `([a-z-]+)` \| [^|]+ \|$", README[README.index("| status |") :], re.MULTILINE)[
        : len(STATUSES)
    ] == list(STATUSES)
    about_status = README[README.index("`sluice status` shows") : README.index("## What you can rely on")]
    for field in dataclasses.fields(HandlerStatus):
        assert field.name == "handler" or f"`{field.name}`" in about_status


def test_every_example_handler_in_the_readme_exists_and_the_other_way_round() -> None:
    there = {path.stem.replace("_", "-") for path in (PROJECT / "functions" / "handlers").glob("[!_]*.py")}
    python = "".join(block for kind, block in BLOCKS if kind == "python")
    named = set(re.findall(r'(?:emit|Worker|Cron|handler)\("([a-z-]+)"', python))
    named |= {word for _, command, words in calls() if command[0] in {"emit", "traces", "dead"} for word in words[:1]}
    assert {name for name in named if name.islower()} <= there


def test_what_python_imports_exists() -> None:
    for kind, block in BLOCKS:
        if kind == "python":
            compile(block, "README.md", "exec")
            for names in re.findall(r"^from sluice import (.*)$", block, flags=re.MULTILINE):
                assert set(names.split(", ")) <= set(sluice.__all__)
    for name in re.findall(r"`(\w+)\(", README):
        assert name in {*sluice.__all__, "handle"}, name


def test_paths_exist() -> None:
    for span in SPANS:
        if re.fullmatch(r"(app\.py|pyproject\.toml|uv\.lock|functions/[\w/.]+|infra|tests)", span):
            assert (PROJECT / span).exists(), span


def test_ci_runs_the_readmes_own_test_command() -> None:
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    for command in ("python3 -m venv .venv", ".venv/bin/pip install", ".venv/bin/uv run pytest"):
        assert command in script
        assert command in README
    minimum = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    assert f"Python {minimum} or newer" in README
