"""The checks of app.py as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sluice.errors import InvalidNameError
from sluice.stage.names import Names, check_handler

from ..bundle import Target
from ..entries import Cron, Entry
from .crons import problems_with_cron
from .files import problems_with_files
from .names import problems_with_names
from .settings import problems_with_settings


def problems_with(stage: str, handlers: Sequence[object], *, functions: Path, target: Target) -> list[str]:
    """Return every problem, each with its fix; an empty list if there is none.

    Args:
        stage: the stage's name.
        handlers: the entries that app.py lists.
        functions: the directory `functions`.
        target: the machine and the Python that run the handlers.
    """
    entries = [entry for entry in handlers if isinstance(entry, Entry)]
    problems = [
        f"handlers[{index}] is {entry!r}; write Worker(...) or Cron(...)"
        for index, entry in enumerate(handlers)
        if not isinstance(entry, Entry)
    ]
    try:
        names = Names(stage)
    except InvalidNameError as error:
        problems.append(str(error))
        names = None
    known: list[str] = []
    for entry in entries:
        problem = _problem_with_name(entry.name, names)
        if problem:
            problems.append(problem)
        else:
            known.append(entry.name)
        problems += problems_with_settings(entry)
        if isinstance(entry, Cron):
            problems += problems_with_cron(entry)
    problems += [
        f"handler {name!r}: app.py has {count} entries of this name; keep one, or rename the others and their files"
        for name, count in Counter(known).items()
        if count > 1
    ]
    problems += problems_with_names(functions)
    return problems + problems_with_files(dict.fromkeys(known), functions / "handlers", python=target.python)


def _problem_with_name(name: str, names: Names | None) -> str | None:
    try:
        check_handler(name)
    except InvalidNameError as error:
        return str(error)
    return names.problem_with(name) if names else None
