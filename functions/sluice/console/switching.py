"""Pausing and blocking from a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..cli.command_error import WRONG_USAGE, CommandError
from ..cli.identity import caller
from ..cli.pause import invoke_reconciler
from ..operate.event_counts import in_flight
from ..pausing.commands import Commands
from ..pausing.describe import state_of
from ..pausing.handler_states import Snapshot
from ..pausing.history import MAX_REASON
from ..pausing.open import open_handler_states
from .notes import Note
from .paths import Form, handler_path

HOURS: Mapping[str, str] = MappingProxyType(
    {"": "I unpause it", "1": "1 hour", "4": "4 hours", "24": "24 hours", "168": "7 days"}
)
"""The ends of a pause that a page offers, in hours, and their words."""

_HOUR_MS = 3_600_000

Act = Callable[[Commands, str, str | None], Snapshot]


def pause(stage: str, handler: str, form: Form) -> Note:
    """Pause a handler.

    Raises:
        CommandError: the reason is too long, or there is no such end.
    """
    hours = form.get("until", "")
    if hours not in HOURS:
        raise CommandError("choose one of the ends of the pause that the page offers", code=WRONG_USAGE)
    until_ms = int(time.time() * 1000) + int(hours) * _HOUR_MS if hours else None
    state = _switch(stage, handler, form, lambda commands, name, reason: commands.pause(name, reason, until_ms))
    end = f" for {HOURS[hours]}" if hours else ""
    text = f"{handler} is {state}{end}: nothing new starts, and what is emitted waits."
    return _note(stage, handler, text, undo="unpause")


def unpause(stage: str, handler: str, form: Form) -> Note:
    """Let a handler's events start."""
    state = _switch(stage, handler, form, lambda commands, name, reason: commands.unpause(name, reason))
    return _note(stage, handler, f"{handler} is {state}: what waited starts.", undo="pause")


def block(stage: str, handler: str, form: Form) -> Note:
    """Block a handler, which takes an admin."""
    state = _switch(stage, handler, form, lambda commands, name, reason: commands.block(name, reason))
    return _note(stage, handler, f"{handler} is {state}: only an admin lifts that.", undo="unblock")


def unblock(stage: str, handler: str, form: Form) -> Note:
    """Lift a block, which takes an admin."""
    state = _switch(stage, handler, form, lambda commands, name, reason: commands.unblock(name, reason))
    return _note(stage, handler, f"The block is lifted; {handler} is {state}.", undo="block")


def _switch(stage: str, handler: str, form: Form, act: Act) -> str:
    """Change a handler's state and return its new one."""
    reason = form.get("reason", "").strip() or None
    if reason and len(reason) > MAX_REASON:
        raise CommandError(f"the reason has {len(reason):,} characters; use {MAX_REASON:,} at most", code=WRONG_USAGE)
    snapshot = act(Commands(open_handler_states(stage), caller(stage)), handler, reason)
    state = state_of(snapshot, in_flight(stage, handler), int(time.time() * 1000))
    invoke_reconciler(stage)
    return state.state


def _note(stage: str, handler: str, text: str, *, undo: str) -> Note:
    return Note(text=text, undo=f"{handler_path(stage, handler)}/{undo}", undo_text=f"Undo: {undo}")
