"""Events from a command line are checked and not changed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.cli.read_events import read_events

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(VALUES, st.sampled_from([None, 2]))
def test_json_is_left_as_it_is(value: object, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)

    assert read_events(text, lines=False, file=None) == [text]


@pytest.mark.parametrize("text", ["1e400", "-0", '{"a":1,"a":1}', "[1.10]", "9" * 400, r'"\ud800"', ' "x" '])
def test_json_that_python_would_change_is_left_as_it_is(text: str) -> None:
    assert read_events(text, lines=False, file=None) == [text]


def test_two_characters_that_sqs_refuses_are_escaped() -> None:
    assert read_events('"\ufffe\uffff\ufffd"', lines=False, file=None) == ['"\\ufffe\\uffff\ufffd"']


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value at column 1"),
        ("{'a': 1}", "column 2"),
        ("[1,\n 2,\n]", "line 3, column 1"),
        ("NaN", "NaN"),
        ("[-Infinity]", "-Infinity"),
        ("1 2", "Extra data at column 3"),
        ("7" * 4301, "4,300 digits"),
        ("[" * 100_000, "deep"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_text_that_is_not_json_is_refused(text: str, message: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        read_events(text, lines=False, file=None)
    assert message in caught.value.message or message in str(caught.value.__cause__), caught.value.message
    assert caught.value.message.endswith("nothing was sent")


def stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))


def test_stdin_holds_one_event(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, b'\xef\xbb\xbf{\r\n "a": 1\r\n}\r\n')
    assert read_events("-", lines=False, file=None) == ['{\r\n "a": 1\r\n}']


def test_stdin_holds_one_event_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, '1\r\n\n "a\u2028b" \n[3]'.encode())
    assert read_events(None, lines=True, file=None) == ["1", '"a\u2028b"', "[3]"]


def test_a_file_holds_one_event_a_line(tmp_path: Path) -> None:
    file = tmp_path / "events"
    file.write_text("1\n2\n")
    assert read_events(None, lines=True, file=file) == ["1", "2"]


def test_a_bad_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, b"1\n\n{]\n")
    with pytest.raises(click.UsageError, match=r"^line 3: this is not JSON: .* at column 2; nothing was sent$"):
        read_events("-", lines=True, file=None)


def test_stdin_that_is_not_utf8_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, b'"\xff"')
    with pytest.raises(click.UsageError, match="stdin is not UTF-8 text, from byte 1 on"):
        read_events("-", lines=False, file=None)


def test_there_is_exactly_one_source(tmp_path: Path) -> None:
    for argument, lines, file in (("1", False, tmp_path), ("1", True, None), (None, False, None)):
        with pytest.raises(click.UsageError):
            read_events(argument, lines=lines, file=file)
