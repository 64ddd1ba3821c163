"""Tables for people."""

from __future__ import annotations

from collections.abc import Container, Sequence

from rich.console import Console
from rich.table import Table

_PIPE_WIDTH = 200
"""Columns where there is no terminal to ask."""


def console() -> Console:
    """A console on stdout."""
    made = Console(highlight=False, soft_wrap=False, emoji=False, markup=False)
    return made if made.is_terminal else Console(highlight=False, emoji=False, markup=False, width=_PIPE_WIDTH)


def print_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Container[int] = (),
    drop_empty: Container[int] = (),
) -> None:
    """Print a table.

    Args:
        headings: of the columns.
        rows: the cells' text; `-` where there is nothing.
        numbers: the columns to be set to the right.
        drop_empty: the columns to be left out if no row has anything in them.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    shown = [
        index for index in range(len(headings)) if index not in drop_empty or any(row[index] != "-" for row in rows)
    ]
    for index in shown:
        table.add_column(headings[index], justify="right" if index in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(row[index] for index in shown))
    console().print(table)


def one_line(text: str, width: int = 60) -> str:
    """Text in one line of at most so many characters."""
    text = " ".join(text[: width * 2].split())
    return text if len(text) <= width else text[: width - 1] + "…"
