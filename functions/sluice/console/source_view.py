"""Source code for a page: its lines in coloured pieces, and where each function ends."""

from __future__ import annotations

import ast
import io
import keyword
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_COLOURS = {tokenize.COMMENT: "c", tokenize.STRING: "str"}
_FSTRING = {
    getattr(tokenize, name) for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END") if hasattr(tokenize, name)
}
"""Tokens of f-strings, from Python 3.12 on."""


@dataclass(frozen=True)
class Piece:
    """A piece of a line.

    Attributes:
        text: its text.
        kind: the class of its colour; empty for none.
    """

    text: str
    kind: str = ""


@dataclass(frozen=True)
class SourceFile:
    """A file of source.

    Attributes:
        lines: each line in pieces, the first line at 0.
        ends: the last line of each function, by the line on which it starts, the first line being 1.
    """

    lines: list[list[Piece]]
    ends: Mapping[int, int]


def read_source(text: str) -> SourceFile:
    """Return a file's lines and functions; without colours and functions if it is not Python.

    Args:
        text: the file's text.
    """
    lines = text.splitlines()
    return SourceFile(
        [_pieces(line, spans) for line, spans in zip(lines, _spans(text, len(lines)), strict=True)], _ends(text)
    )


def _ends(text: str) -> dict[int, int]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[int, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            # A function's first line, as its code object has it, is that of its first decorator.
            decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
            first = min([node.lineno, *(each.lineno for each in decorators)])
            found.setdefault(first, node.end_lineno or node.lineno)
    return found


def _spans(text: str, count: int) -> list[list[tuple[int, int, str]]]:
    """Return for each line the ranges of columns that have a colour."""
    spans: list[list[tuple[int, int, str]]] = [[] for _ in range(count)]
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            kind = _kind(token)
            if kind:
                (first, start), (last, end) = token.start, token.end
                for row in range(first, min(last, count) + 1):
                    spans[row - 1].append((start if row == first else 0, end if row == last else 1_000_000, kind))
    except (tokenize.TokenError, SyntaxError, IndexError, ValueError):
        return [[] for _ in range(count)]
    return spans


def _kind(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.NAME and keyword.iskeyword(token.string):
        return "k"
    return "str" if token.type in _FSTRING else _COLOURS.get(token.type, "")


def _pieces(line: str, spans: list[tuple[int, int, str]]) -> list[Piece]:
    return list(_cut(line, spans))


def _cut(line: str, spans: list[tuple[int, int, str]]) -> Iterator[Piece]:
    at = 0
    for start, end, kind in sorted(spans):
        if start > at:
            yield Piece(line[at:start])
        if end > max(start, at):
            yield Piece(line[max(start, at) : end], kind)
        at = max(at, end)
    if at < len(line):
        yield Piece(line[at:])
