"""The lines of a trace's log: level, logger, message, and the fields that a structured log has beside the message."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from .outcome import safe_repr

_FORMAT = "%(levelname)s %(name)s: %(message)s"

_OF_EVERY_RECORD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})
"""Attributes of a record that has no fields."""


class LinesWithFields(logging.Formatter):
    """Formats a record as a line of a trace, such as `INFO shop: paid  amount=12 currency="EUR"`.

    Fields are what `extra` and Powertools' `logger.info("paid", amount=12)` pass, and what a handler has appended to
    all lines of its run. Each value is JSON, so that a text with spaces stays one.

    Args:
        run_keys: returns the fields that the worker puts into every line of a run, which its trace has anyway.
        appended: returns those that the handler has appended.
    """

    def __init__(
        self, run_keys: Callable[[], Mapping[str, Any] | None], appended: Callable[[], Mapping[str, Any]]
    ) -> None:
        super().__init__(_FORMAT)
        self._run_keys = run_keys
        self._appended = appended

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name for it
        """Return the line without the traceback that may follow it."""
        line = super().formatMessage(record)
        left_out = {**(self._run_keys() or {})}
        fields = {
            **self._appended(),
            **{name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD},
        }
        shown = [f"{name}={_as_json(value)}" for name, value in fields.items() if left_out.get(name, _UNSET) != value]
        return f"{line}  {' '.join(shown)}" if shown else line


_UNSET = object()


def _as_json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=safe_repr)
    except (TypeError, ValueError, RecursionError):
        return json.dumps(safe_repr(value), ensure_ascii=False)
