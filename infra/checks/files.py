"""The checks of the files in functions/handlers: one for each entry, with a function `handle` in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from sluice.errors import InvalidNameError
from sluice.stage.names import check_handler, handler_of, module_of

from .handle import problem_with_handle

_HERE = "functions/handlers"


def problems_with_files(handlers: Collection[str], directory: Path, *, python: str) -> list[str]:
    """Return the problems of the handlers' files.

    Args:
        handlers: the valid names in app.py.
        directory: functions/handlers.
        python: the version of Python that runs them.
    """
    # Listed, and not looked up by name: some file systems ignore case.
    files = {path.stem: path for path in sorted(directory.glob("[!._]*.py")) if path.is_file()}
    misnamed = {stem: suggested_stem(stem) for stem in files if not _is_handlers_stem(stem)}
    problems = [
        f"{_HERE}/{stem}.py: rename it to {better}.py, the file of handler {handler_of(better)!r}"
        if better
        else f"{_HERE}/{stem}.py: no handler can have this name; use lower-case letters, digits and _, starting with a"
        " letter (or start it with _ if it holds no handler)"
        for stem, better in misnamed.items()
    ]
    for handler in handlers:
        stem = module_of(handler)
        if stem not in files and stem not in misnamed.values():
            problems.append(
                f"handler {handler!r}: there is no file {_HERE}/{stem}.py; create it with a function handle(event), or"
                " remove the entry from app.py"
            )
    for stem, path in files.items():
        if stem not in misnamed:
            problems += _problems_with_file(stem, path, handlers, python)
    return problems


def _problems_with_file(stem: str, path: Path, handlers: Collection[str], python: str) -> Iterator[str]:
    handler = handler_of(stem)
    if handler not in handlers:
        yield (
            f"{_HERE}/{stem}.py: app.py has no entry for it; add Worker({handler!r}) to its handlers, or rename the"
            f" file to _{stem}.py if it holds no handler"
        )
    problem = problem_with_handle(path.read_bytes(), python=python)
    if problem:
        yield f"{_HERE}/{stem}.py: {problem}"


def suggested_stem(stem: str) -> str | None:
    """Return a better name for a misnamed file, like `send_receipt` for `Send-Receipt`; None if there is none."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", stem)
    guess = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return guess if _is_handlers_stem(guess) else None


def _is_handlers_stem(stem: str) -> bool:
    try:
        check_handler(handler_of(stem))
    except InvalidNameError:
        return False
    return "-" not in stem
