"""`sluice dead list`."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple

import click

from ...queue.message import ReceivedMessage
from ...traces.trace import iso
from ..event_json import with_raw
from ..help_text import examples
from ..invocation import Invocation, about_stage
from ..progress import ShownProgress
from ..tables import one_line, print_table
from .letters import letter_fields, letters_hidden, open_letters

_IN_MEMORY = 64 * 1024 * 1024
"""Bytes of a listing to keep in memory. A longer one goes to a temporary file."""


class _Row(NamedTuple):
    """A dead letter, and the place of its text in the listing's file, in bytes."""

    emitted_ms: int
    event_id: str
    at: int
    size: int

    def read(self, texts: IO[bytes]) -> str:
        """Return its text."""
        texts.seek(self.at)
        return texts.read(self.size).decode()


@click.command(name="list", epilog=examples("sluice dead list send-receipt", "sluice dead list send-receipt --json"))
@click.argument("handler")
@about_stage(deployed=True)
def list_(invocation: Invocation, handler: str) -> None:
    """List all of HANDLER's dead letters, oldest first.

    Reading a dead letter hides it from other commands until this one ends. So redrive after listing, not at the same
    time. If another command hides some for longer than 20 seconds, the list says that it is incomplete, and the exit
    code is 1.
    """
    progress = ShownProgress()
    letters = open_letters(invocation, handler, progress)
    # Ten thousand events of up to 1 MiB each do not fit into memory: only the text to print is kept, on disk.
    with SpooledTemporaryFile(_IN_MEMORY) as texts:
        rows: list[_Row] = []

        def keep(letter: ReceivedMessage) -> None:
            as_json = invocation.as_json
            text = with_raw(letter_fields(letter), event=letter.event_json) if as_json else one_line(letter.body)
            at = texts.tell()
            rows.append(_Row(letter.envelope.emitted_ms, letter.envelope.id, at, texts.write(text.encode())))

        with progress.step(f"reading {handler}'s dead letters"):
            hidden = letters.each(keep, lambda seen, about: progress.detail(f"{seen} of about {about}"))
        rows.sort()
        if invocation.as_json:
            invocation.print_json_list(row.read(texts) for row in rows)
        elif rows:
            cells = [[row.event_id, iso(row.emitted_ms) or "-", row.read(texts)] for row in rows]
            print_table(["id", "emitted at", "event"], cells)
    if hidden:
        raise letters_hidden(invocation, handler, hidden, f"{len(rows)} listed")
    if invocation.as_json:
        return
    if rows:
        invocation.say(then=invocation.command("dead", "show", handler, rows[0].event_id))
    else:
        invocation.say(f"{handler} has no dead letters", then=invocation.command("status", handler))
