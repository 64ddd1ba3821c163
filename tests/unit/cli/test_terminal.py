"""No text from outside reaches a terminal as anything but text."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
import sluice.cli
from hypothesis import example, given
from hypothesis import strategies as st
from sluice import emit
from sluice.cli import program
from sluice.cli.progress import ShownProgress
from sluice.cli.terminal import visible, visible_json

from tests.unit.support.cloud import HANDLER, Cloud
from tests.unit.support.function import Function
from tests.unit.support.polling import poll_until_quiet

HOSTILE = "\x1b[2J \x1b]0;owned\x07 \x9b31m \x7f \r \b \u202e txet \u2066 \u200f \u2028 \U000e0041 done"
"""Clears the screen, sets the title, turns text around, goes back over the line."""

DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Unicode's classes of marks that change the direction of the text after them."""

ACTED_ON = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


@given(st.text())
@example(HOSTILE)
def test_what_is_shown_holds_no_control_character_and_no_direction_mark(text: str) -> None:
    shown = visible(text)
    assert not [one for one in shown if unicodedata.category(one) == "Cc" and one not in "\t\n"]
    assert not [
        one for one in shown if unicodedata.bidirectional(one) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI"}
    ]
    assert shown == text or ACTED_ON.search(text)


@given(st.recursive(st.text() | st.just(HOSTILE), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_escaped_json_means_the_same(value: object) -> None:
    text = visible_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert not ACTED_ON.search(text)


def test_white_space_of_json_stays_white_space() -> None:
    """A trace's event is printed as it was sent, with its white space."""
    text = visible_json('\r\n\t [1,\r "a\\rb"]\r')
    assert json.loads(text) == [1, "a\rb"]
    assert not ACTED_ON.search(text)


def test_a_hostile_event_is_shown_as_text_by_every_command_that_shows_it(
    cloud: Cloud, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def handle(event: object) -> None:
        print(HOSTILE)  # noqa: T201 - as handlers do
        raise ValueError(HOSTILE)

    event_id = emit(HANDLER, {HOSTILE: HOSTILE})
    poll_until_quiet(cloud, Function(cloud, handle))
    unhandled = emit("audit-log", HOSTILE)
    commands = [
        ["trace", event_id],
        ["traces", HANDLER],
        ["trace", unhandled],
        ["replay", event_id],
        ["dead", "list", HANDLER],
        ["dead", "show", HANDLER, HOSTILE],
        ["trace", HOSTILE],
        ["traces", HOSTILE],
        ["pause", HOSTILE],
        ["history", HOSTILE],
        [HOSTILE],
        ["status", f"--{HOSTILE}"],
    ]
    capfdbinary.readouterr()
    for command in commands:
        for options in ([], ["--json"]):
            program.run([*command, *options])
            captured = capfdbinary.readouterr()
            for output in (captured.out.decode(), captured.err.decode()):
                found = ACTED_ON.search(output)
                assert not found, (command, options, output)
    program.run(["trace", event_id])
    assert b"\\x1b[2J" in capfdbinary.readouterr().out


def test_progress_shows_hostile_names_as_text(capfd: pytest.CaptureFixture[str]) -> None:
    with ShownProgress().step(f"reading {HOSTILE}"):
        pass
    assert not ACTED_ON.search(capfd.readouterr().err)


def test_nothing_else_of_the_command_line_prints() -> None:
    """A command that printed by itself could forget to escape."""
    directory = Path(sluice.cli.__file__).parent
    printing = re.compile(r"click\.(echo|secho|echo_via_pager)\(|(?<![\w.])print\(|sys\.std(out|err)\.write\(")
    found = {
        path.name
        for path in directory.rglob("*.py")
        if printing.search(path.read_text()) and path.name != "terminal.py"
    }
    assert found == set()
