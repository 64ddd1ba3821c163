"""State of the process that a run can change for the events after it: kept before the first run, put back after each.

Only what can cost another event is put back: what Sluice's own work depends on, and what a later run prints and logs. A
handler's own caches, clients and variables stay, as it may keep them on purpose.
"""

from __future__ import annotations

import _locale
import contextlib
import datetime as dt
import gc
import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from .left_behind import LeftBehind

_VARIABLES = (
    "SLUICE_STAGE",
    "SLUICE_QUEUE_URL_PREFIX",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_ENDPOINT_URL",
    "TZ",
)
"""Environment variables that decide where and in whose name a later run calls AWS, and what its local time is."""

_NAMES = tuple(name.encode() for name in _VARIABLES)
_CLOCK = ("time", "time_ns", "monotonic", "monotonic_ns", "sleep")


class ProcessState:
    """The state of this process, which is as it was after a `with` block.

    What a handler's module sets when it is imported is kept, as that is before the first block.

    Args:
        logger: logs what a block has changed.
        loggers: the loggers that write and copy the lines of a run.
    """

    def __init__(self, logger: Any, loggers: Sequence[logging.Logger]) -> None:
        self._logger = logger
        self._root, self._named = loggers
        self._kept: tuple[Any, ...] | None = None
        self._is_as_kept: Callable[[], bool] = lambda: True
        self._disabled: set[logging.Logger] = set()
        self._left_behind = LeftBehind(logger)

    def __enter__(self) -> None:
        if self._kept is None:
            self._disabled = _disabled_loggers()
            self._kept = self._read()
            self._is_as_kept = self._look()
            self._left_behind.look()

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):
            if not self._is_as_kept():
                self._put_back()
        with contextlib.suppress(Exception):
            self._left_behind.tell()

    def _read(self) -> tuple[Any, ...]:
        root, named = self._root, self._named
        return (
            (sys.stdout, sys.stderr),
            (dt.datetime, dt.date, time.time, time.time_ns, time.monotonic, time.monotonic_ns, time.sleep),
            (root.level, root.handlers[:], root.filters[:]),
            (named.level, named.handlers[:], named.filters[:], named.disabled, named.propagate),
            logging.root.manager.disable,
            tuple(map(_variables().get, _NAMES)),
            _directory(),
            _locale.setlocale(_locale.LC_ALL),
            gc.isenabled(),
            sys.getrecursionlimit(),
            socket.getdefaulttimeout(),
        )

    def _look(self) -> Callable[[], bool]:
        """Return a function that tells whether all is as it is now: in one expression, as every event pays for it."""
        root, named, variables, recursion, timeout = self._root, self._named, _variables(), *self._read()[-2:]
        out, err, clock = sys.stdout, sys.stderr, (dt.datetime, time.time, time.monotonic, time.sleep)
        of_root, of_named = (root.handlers[:], root.filters[:]), (named.handlers[:], named.filters[:])
        collects, settings = gc.isenabled(), tuple(map(variables.get, _NAMES))
        directory, locale = _directory(), _locale.setlocale(_locale.LC_ALL)
        levels, disabled, propagate = (root.level, named.level, root.manager.disable), named.disabled, named.propagate

        def is_as_kept() -> bool:
            return (
                sys.stdout is out
                and sys.stderr is err
                and (dt.datetime, time.time, time.monotonic, time.sleep) == clock
                and (root.level, named.level, root.manager.disable) == levels
                and (root.handlers, root.filters) == of_root
                and (named.handlers, named.filters) == of_named
                and named.disabled == disabled
                and named.propagate == propagate
                and tuple(map(variables.get, _NAMES)) == settings
                and _directory() == directory
                and _locale.setlocale(_locale.LC_ALL) == locale
                and gc.isenabled() == collects
                and sys.getrecursionlimit() == recursion
                and socket.getdefaulttimeout() == timeout
            )

        return is_as_kept

    def _put_back(self) -> None:
        kept = self._kept or ()
        changed = []
        for number, (name, put_back) in enumerate(self._parts()):
            with contextlib.suppress(Exception):
                if self._read()[number] == kept[number]:
                    continue
            with contextlib.suppress(Exception):
                put_back(kept[number])
            changed.append(name)
        self._logger.warning(
            "this run changed %s, which other events use too: Sluice has put it back. Change it when the module is"
            " imported, or put it back in handle",
            ", ".join(changed),
        )

    def _parts(self) -> list[tuple[str, Callable[[Any], object]]]:
        """Return the parts of the state, as `_read` has them: what a trace calls each, and how to put it back."""
        return [
            ("sys.stdout or sys.stderr", _put_back_streams),
            ("the clock", _put_back_clock),
            ("logging's root logger", self._put_back_root),
            ("the logger", self._put_back_named),
            ("logging.disable", logging.disable),
            ("environment variables of AWS or Sluice, or TZ", _put_back_variables),
            ("the working directory", os.chdir),
            ("the locale", lambda kept: _locale.setlocale(_locale.LC_ALL, kept)),
            ("garbage collection", lambda enabled: gc.enable() if enabled else gc.disable()),
            ("the recursion limit", sys.setrecursionlimit),
            ("sockets' default timeout", socket.setdefaulttimeout),
        ]

    def _put_back_root(self, kept: tuple[Any, ...]) -> None:
        level, handlers, filters = kept
        self._root.handlers, self._root.filters = handlers[:], filters[:]
        self._root.setLevel(level)

    def _put_back_named(self, kept: tuple[Any, ...]) -> None:
        level, handlers, filters, self._named.disabled, self._named.propagate = kept
        self._named.handlers, self._named.filters = handlers[:], filters[:]
        self._named.setLevel(level)
        # `logging.config` disables all loggers that it is not told of.
        for logger in _disabled_loggers() - self._disabled:
            logger.disabled = False


def _disabled_loggers() -> set[logging.Logger]:
    known = list(logging.root.manager.loggerDict.values())
    return {logger for logger in known if isinstance(logger, logging.Logger) and logger.disabled}


def _put_back_streams(kept: tuple[Any, ...]) -> None:
    sys.stdout, sys.stderr = kept


def _put_back_clock(kept: tuple[Any, ...]) -> None:
    vars(dt).update(datetime=kept[0], date=kept[1])
    vars(time).update(zip(_CLOCK, kept[2:], strict=True))


def _variables() -> dict[bytes, bytes]:
    """Return the environment as `os.environ` holds it, which encodes a name and decodes a value at each look."""
    variables: dict[bytes, bytes] = vars(os.environ)["_data"]
    return variables


def _put_back_variables(kept: tuple[bytes | None, ...]) -> None:
    for name, value in zip(_VARIABLES, kept, strict=True):
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = os.fsdecode(value)
    time.tzset()


def _directory() -> str | None:
    """Return the working directory; None if it was deleted."""
    try:
        return os.getcwd()  # noqa: PTH109 - every event pays for it
    except OSError:
        return None
