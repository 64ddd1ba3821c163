"""JSON of copied values, without secrets.

JSON's own values stay as they are. Any other, and any that was shortened, is an object: `{"$": type, "n": size, "v":
contents}`. `kv` holds pairs whose keys are no texts.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

from .values import BARE, ITEMS, PAIRS, PLAIN, TEXT, Frozen

MAX_TEXT = 120
"""Characters of a text that are shown."""

_SHORTEST_NUMBER, _LONGEST_NUMBER = 10_000, 10**30

HIDDEN = {"$": "redacted"}
"""Stands for a value that redaction took out."""


class Secrets(Protocol):
    """The values to hide in one run: by their names, by what they look like, and wherever they stand again."""

    def is_hidden(self, name: str) -> bool:
        """Return True if what has this name is secret."""

    def note(self, value: Any) -> None:
        """Remember a secret, to be removed wherever it stands.

        Args:
            value: of any type that JSON carries.
        """

    def text(self, text: str) -> str:
        """Return a text without secrets."""

    def json(self, value: Any) -> Any:
        """Return a JSON value without secrets."""


class NoSecrets:
    """Hides nothing."""

    def is_hidden(self, _name: str) -> bool:
        """Return False."""
        return False

    def note(self, _value: Any) -> None:
        """Do nothing."""

    def text(self, text: str) -> str:
        """Return the text as it is."""
        return text

    def json(self, value: Any) -> Any:
        """Return the value as it is."""
        return value


def note_secrets(name: str | None, frozen: Frozen, secrets: Secrets) -> None:
    """Remember what stands under secret names. Call it for all of a run's values before rendering any of them.

    Args:
        name: the value's own name; None if it has none.
        frozen: the copy of the value.
        secrets: remembers.
    """
    if name is not None and secrets.is_hidden(name):
        _note_all(frozen, secrets)
        return
    if type(frozen) is not tuple or frozen[3] is None:
        return
    form, _, _, inside = frozen
    if form == ITEMS:
        for item in inside:
            note_secrets(None, item, secrets)
    elif form == PAIRS:
        for key, item in zip(inside[::2], inside[1::2], strict=True):
            note_secrets(key if type(key) is str else None, item, secrets)


def _note_all(frozen: Frozen, secrets: Secrets) -> None:
    """Remember every text and number in a copy, as all of it stands under a secret name."""
    if type(frozen) is not tuple:
        secrets.note(frozen)
    elif frozen[0] in (TEXT, PLAIN):
        secrets.note(frozen[3])
    elif frozen[0] == ITEMS:
        for item in frozen[3]:
            _note_all(item, secrets)
    elif frozen[0] == PAIRS:
        for item in frozen[3][1::2]:
            _note_all(item, secrets)


def render_named(name: str, frozen: Frozen, secrets: Secrets) -> Any:
    """Return the JSON value of a copy that has a name, such as an argument's."""
    return dict(HIDDEN) if secrets.is_hidden(name) else render(frozen, secrets)


def render(frozen: Frozen, secrets: Secrets) -> Any:
    """Return the JSON value of a copy.

    Args:
        frozen: the copy.
        secrets: what to hide.
    """
    if type(frozen) is not tuple:
        return _leaf(frozen, secrets)
    form, kind, size, inside = frozen
    if form == BARE:
        return {"$": kind, "n": size} if size else {"$": kind}
    if form == TEXT:
        return _long_text(kind, size, inside, secrets)
    if form == PLAIN:
        return {"$": kind, "v": _leaf(inside, secrets)}
    if form == ITEMS:
        items = [render(item, secrets) for item in inside]
        return items if kind == "list" and size == len(items) else {"$": kind, "n": size, "v": items}
    return _render_pairs(kind, size, inside, secrets)


def _render_pairs(kind: str, size: int, inside: list[Frozen], secrets: Secrets) -> Any:
    if not size and kind != "dict":
        return {"$": kind}
    shown: dict[str, Any] = {}
    others = []
    for key, item in zip(inside[::2], inside[1::2], strict=True):
        if type(key) is str:
            shown[_cut(secrets.text(key))] = render_named(key, item, secrets)
        else:
            others.append([render(key, secrets), render(item, secrets)])
    whole = size * 2 == len(inside) and size == len(shown)
    if kind == "dict" and whole and "$" not in shown:
        return shown
    return {"$": kind, "n": size, "v": shown, **({"kv": others} if others else {})}


def _leaf(value: Any, secrets: Secrets) -> Any:
    if type(value) is str:
        return _text(value, secrets)
    if type(value) is float and not math.isfinite(value):
        return {"$": "float", "v": repr(value)}
    # A card's number, say. A short number is hidden by its name only.
    return secrets.json(value) if type(value) is int and _SHORTEST_NUMBER <= value < _LONGEST_NUMBER else value


def _text(text: str, secrets: Secrets) -> Any:
    if len(text) > MAX_TEXT:
        return _long_text("str", len(text), text, secrets)
    return secrets.text(text)


def _long_text(kind: str, size: int, start: str, secrets: Secrets) -> dict[str, Any]:
    # Redacted before it is cut: half a secret looks like none.
    return {"$": kind, "n": size, "v": _cut(secrets.text(start))}


def _cut(text: str) -> str:
    return text[:MAX_TEXT]
