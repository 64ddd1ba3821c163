"""The actions of the pages' buttons. Each returns what it did, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..cli.command_error import WRONG_USAGE, CommandError
from ..emitting.emit import emit_texts
from ..event import body
from ..stage.names import check_handler
from . import clearing, replays, switching
from .notes import Note
from .paths import Form, trace_path


def emit(stage: str, handler: str, form: Form) -> Note:
    """Emit one event.

    Raises:
        CommandError: the event is no JSON.
        SluiceError: it could not be emitted.
    """
    check_handler(handler)
    text = form.get("event", "").strip()
    if not body.is_json(text):
        raise CommandError(
            'the event is no JSON; write a value such as {"order": "A-4711"}, and text in double quotes',
            code=WRONG_USAGE,
        )
    (event_id,) = emit_texts(handler, [text], stage=stage)
    return Note(
        text=f"Emitted to {handler}.", link=trace_path(stage, handler, event_id), link_text=f"Its trace {event_id[-8:]}"
    )


def replay(stage: str, handler: str, form: Form) -> Note:
    """Emit a trace's event again.

    Raises:
        CommandError: it cannot be replayed.
    """
    event_id = form.get("id", "")
    new_id = replays.replay_one(stage, handler, event_id, again=bool(form.get("again")))
    return Note(
        text=f"Replayed {event_id[-8:]} to {handler}, under a new id.",
        link=trace_path(stage, handler, new_id),
        link_text=f"Its trace {new_id[-8:]}",
    )


def replay_group(stage: str, handler: str, form: Form) -> Note:
    """Emit the events of a group of failures again.

    Raises:
        CommandError: SQS did not accept some.
    """
    done = replays.replay_group(stage, handler, form.get("group", ""))
    return Note(text=f"Replayed {done:,} event{'' if done == 1 else 's'} of {handler}; each of them once.")


ACTIONS: Mapping[str, Callable[[str, str, Form], Note]] = MappingProxyType(
    {
        "emit": emit,
        "replay": replay,
        "replay-group": replay_group,
        "pause": switching.pause,
        "unpause": switching.unpause,
        "block": switching.block,
        "unblock": switching.unblock,
        "redrive": clearing.redrive,
        "purge": clearing.purge,
        "cancel": clearing.cancel,
        "run": clearing.run,
    }
)
"""The actions on a handler, by their names in paths."""
