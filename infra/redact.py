"""The names of secrets that app.py gives, for a stage and for a handler."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any

from .entries import Entry

_NAME = re.compile(r"!?[^\W\d_][\w. -]*")


def with_stage_names(entry: Entry, stage: Sequence[str] | bool) -> Entry:
    """Return an entry whose `redact` also has the stage's names.

    Args:
        entry: the handler's entry in app.py.
        stage: the stage's `redact`.
    """
    own = entry.redact
    if own is None:
        return dataclasses.replace(entry, redact=stage)
    if own is False or isinstance(stage, bool) or list(problems_with_redact(own)):
        return entry
    return dataclasses.replace(entry, redact=[*stage, *([] if own is True else own)])


def problems_with_redact(setting: Any) -> Iterator[str]:
    """Yield the problems of a `redact`, each with its fix.

    Args:
        setting: any value, as app.py may not be type-checked.
    """
    if setting is None or isinstance(setting, bool):
        return
    if isinstance(setting, str) or not isinstance(setting, Sequence):
        yield f"redact is {setting!r}; write a list of names, such as ['iban'], or False"
        return
    for name in setting:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            yield (
                f"redact has {name!r}; write a name of letters, digits, _, ., - and spaces, which starts with a letter,"
                " or with ! if it is no secret"
            )
