"""The docs speak of all there is, and of nothing else."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import sluice
from sluice.cli.command_error import FAILED, NOT_FOUND, NOTHING_RUNNING, REFUSED, WRONG_USAGE
from sluice.cli.commands import root
from sluice.operate.failures import FailureGroup
from sluice.operate.status import HandlerStatus
from sluice.pausing import describe
from sluice.reconciler import metric_names
from sluice.stage.names import Names
from sluice.traces import STATUSES, Attempt, Trace
from sluice.traces.failure import Failure
from sluice.worker import telemetry_names

from infra import Cron, Worker
from infra.checks.settings import LIMITS
from infra.handler.cron_expression import BY_THE_CLOCK, BY_THE_MINUTE
from tests.unit.support.pages import GUIDES, PAGES, PROJECT, Page

ON_EVERY_COMMAND = {"--stage", "--json", "--help", "-h", "--version"}

COMMANDS_PAGE, HANDLERS, TRACES = PAGES["docs/commands.md"], PAGES["docs/handlers.md"], PAGES["docs/traces.md"]

SUITE = "docs/test-on-aws.md"
"""The page whose options may be those of pytest."""


def commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield (*words, *name.split()), command


COMMANDS = dict(commands(root))


def options_of(command: click.Command) -> set[str]:
    return {text for option in command.params if isinstance(option, click.Option) for text in option.opts}


def mentioned_in(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def calls(page: Page) -> list[tuple[str, tuple[str, ...], list[str]]]:
    """Each call of `sluice` in a page: its line, the command, and the words after it."""
    lines = [*page.spans, *(line for kind, block in page.blocks if kind == "sh" for line in block.splitlines())]
    found = []
    for line in lines:
        for call in re.findall(r"(?:^|(?<=[ /]))sluice ([a-z].*?)(?:$| && )", line):
            words = call.split()
            name = tuple(words[:2]) if tuple(words[:2]) in COMMANDS else tuple(words[:1])
            found.append((line, name, words[len(name) :]))
    return found


def row_of(command: tuple[str, ...]) -> str:
    start = f"| `sluice {' '.join(command)}"
    longer = tuple(f"| `sluice {' '.join(other)}" for other in COMMANDS if other[:-1] == command)
    (row,) = [
        line
        for line in COMMANDS_PAGE.text.splitlines()
        if line.startswith((f"{start}`", f"{start} ")) and not (longer and line.startswith(longer))
    ]
    return row


@pytest.mark.parametrize("command", sorted(COMMANDS), ids=" ".join)
def test_every_command_and_option_is_in_the_table(command: tuple[str, ...]) -> None:
    row = row_of(command)

    assert mentioned_in(row) | ON_EVERY_COMMAND >= options_of(COMMANDS[command])
    arguments = [p for p in COMMANDS[command].params if isinstance(p, click.Argument)]
    for argument in arguments:
        name = (argument.metavar or argument.human_readable_name).strip("[]").upper()
        assert all(each in row for each in name.split("|"))


@pytest.mark.parametrize("command", sorted(COMMANDS), ids=" ".join)
def test_every_option_has_its_default_in_the_table(command: tuple[str, ...]) -> None:
    row = row_of(command)
    told = dict(re.findall(r"`(--[a-z-]+)[^`]*`[^`(]*?\(([^()`]+)\)", row))
    wanted = {}
    for option in COMMANDS[command].params:
        default = option.default
        if isinstance(option, click.Option) and not option.is_flag and isinstance(default, int | float):
            wanted[option.opts[0]] = f"{default:,g}" if default < 1_000_000 else f"{default / 1_000_000:g} million"
        elif isinstance(option, click.Option) and isinstance(default, str) and option.opts[0] not in ON_EVERY_COMMAND:
            wanted[option.opts[0]] = default

    assert told == wanted


def test_every_command_and_option_in_the_docs_exists() -> None:
    found = [(page.path, *call) for page in GUIDES for call in calls(page)]
    assert len(found) > 60
    for path, line, command, words in found:
        assert command in COMMANDS or command == ("dead",) or line == "sluice --version", (path, line)
        if command != ("cdk",) and command in COMMANDS:
            assert mentioned_in(" ".join(words)) <= options_of(COMMANDS[command]) | ON_EVERY_COMMAND, (path, line)
    for name, about in COMMANDS.items():
        if name != ("cdk",):
            assert mentioned_in(row_of(name)) <= options_of(about), name


def test_every_option_named_alone_exists(pytestconfig: pytest.Config) -> None:
    there = {option for command in COMMANDS.values() for option in options_of(command)} | ON_EVERY_COMMAND
    for page in GUIDES:
        for span in page.spans:
            if span.startswith("--"):
                option = span.split()[0]
                of_tests = page.path == SUITE and hasattr(pytestconfig.option, option.removeprefix("--"))
                assert option in there or of_tests, (page.path, span)


def test_every_exit_code_is_in_the_table() -> None:
    codes = {0, FAILED, WRONG_USAGE, NOT_FOUND, REFUSED, NOTHING_RUNNING}
    rows = COMMANDS_PAGE.rows("exit code")

    assert {int(code) for code, _ in rows} == codes
    told = dict(re.findall(r"(\d) ([^,.]+)", str(root.epilog)))
    for code, meaning in rows:
        assert meaning.startswith(told[code]), code


def test_every_environment_variable_is_named() -> None:
    read = set()
    sources = [*PROJECT.glob("functions/**/*.py"), *PROJECT.glob("infra/**/*.py"), *PROJECT.glob("tests/**/*.py")]
    for path in sources:
        read |= set(re.findall(r"\bSLUICE_[A-Z]+(?:_[A-Z]+)*\b", path.read_text(encoding="utf-8")))
    named = {name for name in COMMANDS_PAGE.section("## Environment variables").split("`") if "SLUICE_" in name}

    assert {name for name in named if name != "SLUICE_"} == read


def test_every_setting_is_in_the_table_with_its_default() -> None:
    settings = {field.name: field for field in dataclasses.fields(Worker) if field.name != "name"}
    rows = [(name.strip("`"), default) for name, default, *_ in HANDLERS.rows("setting | default")]
    assert [name for name, _ in rows] == list(settings)
    for name, default in rows:
        wanted = settings[name].default
        number = str(wanted) if isinstance(wanted, bool | str) else f"{wanted:,}" if isinstance(wanted, int) else "none"
        shown = "none" if wanted is None or wanted is dataclasses.MISSING else number
        assert default == shown, name


def test_every_setting_of_a_cron_is_in_the_table() -> None:
    settings = [field for field in dataclasses.fields(Cron) if field.name not in Worker.__dataclass_fields__]
    rows = dict(HANDLERS.rows("setting | what it is"))
    assert [name.strip("`") for name in rows] == [field.name for field in settings]
    for interval in [*BY_THE_MINUTE, *BY_THE_CLOCK]:
        assert f"`{interval}`" in rows["`every`"]
    for field in settings:
        if field.default is not None:
            assert f"`{field.default}`, the default" in rows[f"`{field.name}`"], field.name


def test_the_limits_are_those_that_are_checked() -> None:
    rows = {name.strip("`"): allowed for name, _, allowed, _ in HANDLERS.rows("setting | default")}
    for name, limit in LIMITS.items():
        assert rows[name].startswith(f"{limit.low:,} to {limit.high:,}"), name


def test_every_field_of_a_trace_is_named() -> None:
    attempt = Attempt(outcome="ok", started_ms=1, request_id="1", reason="why", redrive=1)
    trace = json.loads(Trace(id="", handler="", status="ok", event="null", history=(attempt,)).to_json())
    rows = {name.strip("`"): about for name, about in TRACES.section_rows("## Fields")}

    assert set(rows) == set(trace)
    assert set(re.findall(r"`(\w+)`", rows["history"])) == set(trace["history"][0])
    assert set(re.findall(r"`(\w+)`", rows["error"])) == {"type", "message", "traceback"}
    assert re.findall(r"`(\w+)`", rows["failure"]) == list(Failure._fields)


def test_every_status_is_named_in_order() -> None:
    assert [status.strip("`") for status, _ in TRACES.rows("status")] == list(STATUSES)


def test_every_field_of_status_is_named() -> None:
    rows = TRACES.section_rows("## Status of all handlers")
    assert {name for names, _ in rows for name in re.findall(r"`(\w+)`", names)} == {
        field.name for field in dataclasses.fields(HandlerStatus)
    }


def test_every_field_of_a_group_of_failures_is_named() -> None:
    rows = PAGES["docs/dead-letters-and-failures.md"].rows("field of a group")
    assert [name.strip("`") for name, _ in rows] == [field.name for field in dataclasses.fields(FailureGroup)]


def test_every_state_is_named() -> None:
    states = [state.strip("`") for state, _ in PAGES["docs/pausing-and-blocking.md"].rows("state")]

    assert states == [describe.RUNNING, describe.PAUSING, describe.PAUSED, describe.BLOCKED, "no-handler"]


def alarm_names() -> set[str]:
    """The names that infra gives to alarms, worked out without a synthesis."""
    found = set()
    for path in (PROJECT / "infra").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr.startswith("add")
                and ast.unparse(call.func.value) == "alarms"
            ):
                name = compile(ast.Expression(call.args[2]), str(path), "eval")
                found.add(eval(name, {"names": Names("stage"), "handler": "handler"}))
    return found


def test_every_alarm_is_in_the_table() -> None:
    rows = PAGES["docs/alarms.md"].rows("alarm in CloudWatch")
    named = {name.strip("`").replace("STAGE", "stage").replace("HANDLER", "handler") for name, *_ in rows}

    assert named == alarm_names()
    assert len(named) == 12
    for row in rows:
        assert len(row) == 4
        assert row[3].startswith("`"), row


def test_every_metric_is_in_the_table() -> None:
    rows = {name.strip("`"): unit for name, unit, _ in PAGES["docs/alarms.md"].rows("metric")}
    counts = {*telemetry_names.METRIC_OF_STATUS.values(), telemetry_names.FAILED_METRIC}
    counts.add(telemetry_names.NOT_WRITTEN_METRIC)
    times = {telemetry_names.DURATION_METRIC, telemetry_names.WAIT_METRIC}

    assert rows == dict.fromkeys(counts, "Count") | dict.fromkeys(times, "Milliseconds")
    own = [name.strip("`") for name, *_ in PAGES["docs/alarms.md"].rows("metric of a handler")]
    assert own == [metric_names.WAITING_METRIC, metric_names.DEAD_METRIC]
    shared = [name.strip("`") for name, *_ in PAGES["docs/alarms.md"].rows("metric of the stage")]
    assert shared == [
        metric_names.STOPPED_METRIC,
        metric_names.PAUSED_ITSELF_METRIC,
        metric_names.MAPPING_METRIC,
        metric_names.NO_HANDLER_METRIC,
    ]


def test_every_error_of_an_emit_is_named() -> None:
    errors = {name for name in sluice.__all__ if name.endswith("Error")} - {"SluiceError"}

    assert {name.strip("`") for name, _ in PAGES["docs/emit.md"].rows("raised")} == errors


def test_every_example_handler_in_the_docs_exists() -> None:
    there = {path.stem.replace("_", "-") for path in (PROJECT / "functions" / "handlers").glob("[!_]*.py")}
    invented = {"weekly-digest", "close-books"}
    for page in GUIDES:
        python = "".join(block for kind, block in page.blocks if kind == "python")
        named = set(re.findall(r'(?:emit|emit_many|Worker|Cron|handler)\("([a-z-]+)"', python))
        for _, command, words in calls(page):
            if command == ("traces", "delete"):
                # Its words are ids.
                continue
            if command[0] in {"emit", "traces", "dead", "pause", "unpause", "block", "unblock", "history", "run"}:
                named |= set(words[:1])
        assert {name for name in named if name.islower() and not name.startswith("-")} <= there | invented, page.path


def test_what_python_imports_exists() -> None:
    for page in GUIDES:
        for kind, block in page.blocks:
            if kind == "python":
                for names in re.findall(r"^from sluice import (.*)$", block, flags=re.MULTILINE):
                    assert set(names.split(", ")) <= set(sluice.__all__), page.path
        for name in re.findall(r"`(\w+)\(", page.text):
            assert name in {*sluice.__all__, "handle"}, (page.path, name)


def test_ci_runs_the_readmes_own_test_command() -> None:
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    readme = PAGES["README.md"].text
    for command in ("python3 -m venv .venv", ".venv/bin/pip install", ".venv/bin/uv run pytest"):
        assert command in script
        assert command in readme


def test_the_oldest_python_is_named() -> None:
    project = (Path(PROJECT) / "pyproject.toml").read_text(encoding="utf-8")
    (minimum,) = re.findall(r'^requires-python = ">=(.*)"$', project, flags=re.MULTILINE)

    assert f"Python {minimum} or newer" in PAGES["README.md"].text
    assert f"Python {minimum} or newer" in PAGES[".github/CONTRIBUTING.md"].text
