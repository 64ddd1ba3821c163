"""Modules of a team's own, in a package of their own, as the worker imports handlers."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sluice.recording.recorder import Recorder, make_recorder

PACKAGE = "team"
ENTRY = f"{PACKAGE}.entry"


@contextmanager
def team_code(
    folder: Path, entry: str, *, values: bool = True, **modules: str
) -> Iterator[tuple[Recorder, Callable[[Any], Any]]]:
    """Write modules, and return the recorder of a handler and its `handle`.

    Args:
        folder: an empty folder.
        entry: the source of the handler's module.
        values: False for a recorder that keeps no values.
        modules: sources of further modules, by their names in the package `team`.
    """
    package = folder / PACKAGE
    package.mkdir()
    for name, source in {"entry": entry, **modules}.items():
        (package / f"{name}.py").write_text(textwrap.dedent(source).lstrip(), encoding="utf-8")
    path, finders = list(sys.path), list(sys.meta_path)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        recorder = make_recorder(ENTRY, values=values, package=PACKAGE)
        yield recorder, importlib.import_module(ENTRY).handle
    finally:
        sys.path[:], sys.meta_path[:] = path, finders
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]
