"""The table of commands, and its help."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from sluice.cli import program
from sluice.cli.commands import root


def test_sluice_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run([]) == 0
    assert program.run(["--help"]) == 0
    assert "Exit codes: 0 done" in capsys.readouterr().out


def test_a_group_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["dead"]) == 0
    assert capsys.readouterr().out.startswith("Usage: sluice dead")


def test_the_command_line_starts_without_modules_that_only_some_commands_need() -> None:
    heavy = ("aws_cdk", "jsii", "ministack", "psutil", "rich", "sluice.local.cloud", "sluice.operate")
    code = f"import sys, sluice.cli; print([name for name in {heavy!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_library_knows_nothing_of_the_command_line() -> None:
    code = (
        "import sys, sluice, sluice.operate.status, sluice.traces, sluice.worker.worker;"
        " print([name for name in sys.modules if name.startswith(('click', 'rich', 'sluice.cli', 'sluice.local'))])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_every_command_is_described_in_a_line_of_80_columns_and_every_option_has_a_help() -> None:
    context = click.Context(root, terminal_width=80)
    described = {}
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None
        described[name] = command.get_short_help_str(limit=80 - 4 - max(map(len, root.list_commands(context))))
        if name != "cdk":
            visible = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
            assert [option.name for option in visible if not option.help] == []

    assert {name: text for name, text in described.items() if text.endswith("...") or not text.endswith(".")} == {}
