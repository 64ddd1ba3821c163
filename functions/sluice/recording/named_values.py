"""Values that stand behind a secret's name in a text: `password=...`, `"apiKey": "..."`, `Authorization: ...`.

The text may be JSON, JSON in a string of JSON, a `repr`, a query string, a header or a line of a log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_LONGEST_NAME = 100
_MAX_BACKSLASHES = 1_024
_LONGEST_CONTAINER = 100_000

_IDENTIFIER_BACKWARDS = re.compile(r"[\w.-]+")
_QUOTED = re.compile(r"(\\*)([\"'])")
_BARE = re.compile(r"(?:[^\s\"'&,;<>(){}\[\]\\|]|\\[^\"'nrt])+")
_TO_LINE_END = re.compile(r"[^\r\n\"'\\]+")
_BRACKETS = re.compile(r"[][{}]")
_NOT_HIDDEN = re.compile(r"(?i:none|null|true|false|undefined|str|string|int|bool|bytes|object)|\*+|%\S|//.*")
"""Values that hold no secret: constants, types, masks, placeholders, the rest of a URL."""

_ONLY_LETTERS = re.compile(r"[^\W\d_]+[.:!?]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_FEWEST = 3
"""Characters of a value without quotes. A shorter one is hardly a secret."""

_LINE_LONG = ("authorization", "cookie", "cookies")
"""Ends of names whose value may have spaces: headers."""


class NamedValue(NamedTuple):
    """A secret's place in a text.

    Attributes:
        start, end: the place.
        quote: the mark to put around what takes its place, so that JSON stays JSON.
        is_certain: False if it may be something else, such as a word of a sentence.
    """

    start: int
    end: int
    quote: str = ""
    is_certain: bool = True


def named_values(text: str, is_hidden: Callable[[str], bool]) -> list[NamedValue]:
    """Return the places of a text's values that have a secret's name, from left to right, without overlaps.

    Args:
        text: the text.
        is_hidden: tells whether a name is a secret's.
    """
    found = sorted(
        (value for separator in ":=" for value in _behind(separator, text, is_hidden)),
        key=lambda value: (value.start, -value.end),
    )
    apart: list[NamedValue] = []
    for value in found:
        if not apart or value.start >= apart[-1].end:
            apart.append(value)
    return apart


def has_named_value(separator: str, text: str, is_hidden: Callable[[str], bool]) -> bool:
    """Return True if a text has a value that has a secret's name.

    Args:
        separator: what stands between the name and the value.
        text: the text.
        is_hidden: tells whether a name is a secret's.
    """
    return next(_behind(separator, text, is_hidden), None) is not None


def _behind(separator: str, text: str, is_hidden: Callable[[str], bool]) -> Iterator[NamedValue]:
    at = text.find(separator)
    while at >= 0:
        name, mark = _name_before(text, at)
        if name and is_hidden(name):
            value = _value_at(text, at, name, mark, is_hidden)
            if value:
                yield value
        at = text.find(separator, at + 1)


def _name_before(text: str, end: int) -> tuple[str, str]:
    """Return the name that ends at a place, and the quotation mark around it, with its backslashes."""
    before = text[max(0, end - _LONGEST_NAME) : end].rstrip(" ")
    if before[-1:] in ("'", '"'):
        quote = before[-1]
        inner = before[:-1].rstrip("\\")
        mark = "\\" * (len(before) - 1 - len(inner)) + quote
        start = inner.rfind(quote)
        return (inner[start + 1 :], mark) if start >= 0 else ("", "")
    backwards = _IDENTIFIER_BACKWARDS.match(before[::-1])
    return (backwards[0][::-1], "") if backwards else ("", "")


def _value_at(text: str, separator: int, name: str, mark: str, is_hidden: Callable[[str], bool]) -> NamedValue | None:
    start = separator + 1
    while text[start : start + 1] in (" ", "\t"):
        start += 1
    quoted = _QUOTED.match(text, start)
    if quoted:
        return _quoted(text, quoted.end(), quoted[0])
    if mark and text[start : start + 1] in ("{", "["):
        return _container(text, start, mark)
    if not mark and name.lower().endswith(_LINE_LONG) and text[separator] == ":":
        line = _TO_LINE_END.match(text, start)
        return NamedValue(start, line.end(), is_certain=False) if line else None
    return _bare(text, start, separator, mark, is_hidden)


def _quoted(text: str, start: int, mark: str) -> NamedValue | None:
    """Return the place of a text in quotation marks, which may stand in JSON in a string of JSON.

    Args:
        text: the text around it.
        start: the place behind the opening mark.
        mark: the opening mark with the backslashes before it: none, or one in a string, or three in a string in that.
    """
    before_mark = len(mark) - 1
    at = text.find(mark[-1], start)
    while at >= 0:
        before = text[max(start, at - _MAX_BACKSLASHES) : at]
        backslashes = len(before) - len(before.rstrip("\\"))
        # The text's own backslashes are doubled for each string around it, and so come in pairs of its mark's size.
        if backslashes % (2 * before_mark + 2) == before_mark:
            break
        at = text.find(mark[-1], at + 1)
    # Without an end it was cut off.
    end = at - before_mark if at >= 0 else len(text)
    return NamedValue(start, end) if end > start else None


def _container(text: str, start: int, mark: str) -> NamedValue | None:
    depth = 0
    end = min(len(text), start + _LONGEST_CONTAINER)
    for bracket in _BRACKETS.finditer(text, start, end):
        depth += 1 if bracket[0] in "[{" else -1
        if not depth:
            end = bracket.end()
            break
    return NamedValue(start, end, mark) if end - start > len("{}") else None


def _bare(text: str, start: int, separator: int, mark: str, is_hidden: Callable[[str], bool]) -> NamedValue | None:
    match = _BARE.match(text, start)
    if match is None or (len(match[0]) < _FEWEST and not mark) or _NOT_HIDDEN.fullmatch(match[0]):
        return None
    value, end = match[0], match.end()
    if mark:
        # In JSON, or in the `repr` of a dict, only numbers have no quotation marks.
        return NamedValue(start, end, mark) if _NUMBER.fullmatch(value) else NamedValue(start, end, is_certain=False)
    if text[end : end + 1] in ("(", "[", "{", "<") or text[start - 1] == text[start - 2] == "=" or value[0] in "=$":
        # Code, a comparison, a placeholder.
        return None
    if is_hidden(value):
        return None
    if text[separator] == ":" and _ONLY_LETTERS.fullmatch(value) and text[end : end + 1] == " ":
        # A sentence.
        return None
    return NamedValue(start, end, is_certain=not _ONLY_LETTERS.fullmatch(value))
