"""Source in coloured pieces: nothing of it is lost, whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.console.source_view import read_source


def lines(text: str) -> list[str]:
    return ["".join(piece.text for piece in line) for line in read_source(text).lines]


def test_keywords_texts_and_comments_have_colours() -> None:
    (line,) = read_source('return "a"  # why').lines

    assert [(piece.text, piece.kind) for piece in line if piece.kind] == [
        ("return", "k"),
        ('"a"', "str"),
        ("# why", "c"),
    ]


def test_a_functions_end_is_known_by_its_first_line() -> None:
    text = "@wrapped\ndef a():\n    def b():\n        return 1\n    return b\n\nx = 1\n"

    assert read_source(text).ends == {1: 5, 3: 4}


@pytest.mark.parametrize(
    "text", ["", "def (", "\x00", "'''", "x = '''a\nb'''\n", 'f"{a}"\n', "\tx\n  y\n", "a\x0cb\n", "ä = 'ö'  # ü"]
)
def test_nothing_is_lost(text: str) -> None:
    assert lines(text) == text.splitlines()


@given(st.text())
def test_nothing_is_lost_of_any_text(text: str) -> None:
    assert lines(text) == text.splitlines()


@given(st.lists(st.sampled_from(['"""', "'", "f'{", "}", "\n", "def a():", "  ", "#", "\\", "x", "\x0c", "\r"])))
def test_nothing_is_lost_of_what_looks_like_python(parts: list[str]) -> None:
    text = "".join(parts)

    assert lines(text) == text.splitlines()
