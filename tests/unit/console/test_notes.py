"""Notes of actions: told for a minute, and never too many."""

from __future__ import annotations

from sluice.console.notes import Note, Notes


def test_a_note_is_told_for_a_minute() -> None:
    now = [0.0]
    notes = Notes(clock=lambda: now[0])
    number = notes.keep(Note(text="done"))

    assert notes.find(number) == notes.find(number) == Note(text="done")
    now[0] = 61
    assert notes.find(number) is None


def test_unknown_numbers_have_no_note() -> None:
    assert [Notes().find(number) for number in (None, "", "x")] == [None, None, None]


def test_old_notes_make_room() -> None:
    notes = Notes()
    numbers = [notes.keep(Note(text=str(number))) for number in range(60)]

    assert sum(notes.find(number) is not None for number in numbers) == 50
