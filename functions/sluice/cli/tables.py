"""Tables for people."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from .terminal import echo, visible

_PIPE_WIDTH = 200
"""Columns of a table that does not go to a terminal."""

_ID = "id"
"""The heading of a column of ids. They stay whole on a narrow terminal too, so that they can be copied."""

_ID_WIDTH = 36


def console() -> Console:
    """Return a console on stdout."""
    found = Console(highlight=False, soft_wrap=False, emoji=False, markup=False)
    return found if found.is_terminal else Console(highlight=False, emoji=False, markup=False, width=_PIPE_WIDTH)


def print_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Container[int] = (),
    drop_empty: Container[int] = (),
) -> None:
    """Print a table.

    Args:
        headings: the columns' headings.
        rows: the cells' text; `-` for an empty cell.
        numbers: the columns to align right.
        drop_empty: the columns to leave out if all their cells are empty.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    shown = [
        index for index in range(len(headings)) if index not in drop_empty or any(row[index] != "-" for row in rows)
    ]
    for index in shown:
        table.add_column(
            headings[index],
            justify="right" if index in numbers else "left",
            overflow="fold",
            min_width=_ID_WIDTH if headings[index] == _ID else None,
        )
    for row in rows:
        table.add_row(*(visible(row[index]) for index in shown))
    console().print(table)


class StreamedTable:
    """A table that is printed row by row, as the rows are found.

    Args:
        headings: each column's heading, with its width. The last column takes what its text needs.
        numbers: the columns to align right.
    """

    def __init__(self, headings: Mapping[str, int], *, numbers: Container[int] = ()) -> None:
        self._widths = list(headings.values())
        self._numbers = numbers
        self._headings: Sequence[str] | None = list(headings)

    def add(self, row: Sequence[str]) -> None:
        """Print a row; before the first one, the headings."""
        if self._headings is not None:
            echo(self._line(self._headings), heading=True)
            self._headings = None
        echo(self._line(row))

    def _line(self, cells: Sequence[str]) -> str:
        aligned = [
            cell.rjust(width) if index in self._numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(cells, self._widths, strict=True))
        ]
        return "  ".join(aligned).rstrip()


def one_line(text: str, width: int = 60) -> str:
    """Return text in one line of at most `width` characters."""
    text = " ".join(text[: width * 2].split())
    return text if len(text) <= width else text[: width - 1] + "…"
