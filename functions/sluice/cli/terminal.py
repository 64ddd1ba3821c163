r"""The one way to the terminal: no text from outside can move the cursor, change a title or turn a line around.

Payloads, names, errors, logs and reasons are other people's text. What a terminal would act on is shown as an escape
instead, such as `\x1b`. Every command prints through this module; tests/unit/cli/test_terminal.py holds that.
"""

from __future__ import annotations

import re

import click

_UNSAFE = re.compile(
    "["
    # C0 but for tab and newline, DEL, and C1: its 0x9b alone begins a control sequence.
    "\x00-\x08\x0b-\x1f\x7f-\x9f"
    # Unicode's marks, embeddings, overrides and isolates of direction.
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
    # Separators that some terminals take for a new line, and the invisible tags.
    "\u2028\u2029\U000e0000-\U000e007f"
    "]"
)
"""Characters that a terminal acts on, or that show text in another order than it has."""


def visible(text: str) -> str:
    """Return text with an escape, as Python writes it, in place of each character that a terminal would act on."""
    return _UNSAFE.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def visible_json(text: str) -> str:
    """Return JSON text that means the same, with such characters escaped.

    All of them but the carriage return stand in strings only. That one is white space of JSON's: a space says the same.
    """
    return _UNSAFE.sub(_as_json, text.replace("\r", " "))


def echo(text: str = "", *, err: bool = False, heading: bool = False) -> None:
    """Print a line for a person, or several.

    Args:
        text: the line.
        err: True for stderr.
        heading: True for bold text, on a terminal.
    """
    shown = visible(text)
    click.echo(click.style(shown, bold=True) if heading else shown, err=err)


def echo_json(text: str, *, end: str = "\n") -> None:
    """Print JSON text for a program on stdout: in UTF-8, whatever the terminal's encoding is."""
    click.echo((visible_json(text) + end).encode(), nl=False)


def overwrite(text: str, *, end: str = "") -> None:
    """Print text over the current line of a terminal, on stderr."""
    click.echo(f"\r\033[K{visible(text)}{end}", nl=False, err=True)


def clear_screen() -> None:
    """Clear a terminal, so that what is printed next stands at its top."""
    click.echo("\033[2J\033[H", nl=False)


def _as_json(found: re.Match[str]) -> str:
    # JSON escapes UTF-16 units: two of them for a character beyond the first plane.
    units = found.group().encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
