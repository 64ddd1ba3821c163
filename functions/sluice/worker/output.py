"""Copies of what a handler prints and logs, kept for its trace. Both the log and the copy have no secrets."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TextIO

from ..recording.redaction import Redaction, Secrets
from .redacted_lines import RedactedLines

MAX_CHARACTERS = 262_144
"""Length of one run's output in its trace: half is kept from its start, half from its end. Compressed, that fits in
most items."""


class Output:
    """The text of one run, without its middle if it is long.

    Args:
        limit: characters to keep.
        secrets: those of the run.

    Attributes:
        redacted: True if a secret was removed from it.
        on_write: called with each text before it is added.
    """

    def __init__(self, limit: int = MAX_CHARACTERS, secrets: Secrets | None = None) -> None:
        self.secrets = secrets
        self.redacted = False
        self.on_write: Callable[[str], None] | None = None
        self._half = limit // 2
        self._head: list[str] = []
        self._head_room = self._half
        self._tail: list[str] = []
        self._tail_size = 0
        self._dropped = 0
        self._lock = threading.Lock()

    def write(self, text: str) -> None:
        """Add text."""
        if self.on_write:
            self.on_write(text)
        with self._lock:
            if self._head_room:
                taken = text[: self._head_room]
                self._head.append(taken)
                self._head_room -= len(taken)
                text = text[len(taken) :]
            if text:
                self._tail.append(text)
                self._tail_size += len(text)
                if self._tail_size > 2 * self._half:
                    self._shorten()

    def text(self) -> str:
        """Return the text, or its two ends with a line between them that says how much is missing.

        It never raises: the run has ended, and must not be tried again because of its output.
        """
        try:
            with self._lock:
                self._shorten()
                head, tail = "".join(self._head), "".join(self._tail)
                return f"{head}\n[{self._dropped:,} characters left out]\n{tail}" if self._dropped else head + tail
        except Exception as error:  # noqa: BLE001 - out of memory, say
            return f"[the output was not kept: {type(error).__name__}]"

    @property
    def shortened(self) -> bool:
        """True if its middle is missing."""
        return self._dropped > 0

    def _shorten(self) -> None:
        if self._tail_size > self._half:
            tail = "".join(self._tail)
            self._dropped += len(tail) - self._half
            self._tail, self._tail_size = [tail[-self._half :]], self._half


OUTPUT: ContextVar[Output | None] = ContextVar("sluice_output", default=None)
"""The output of the run in whose name code runs. The worker hands it on to the threads that a run starts."""


class Capture:
    """Copies everything that a run writes to a stream or logs, without its secrets.

    Args:
        redaction: what to remove from everything that is written, in runs and between them.

    Attributes:
        secrets: those of the run, or between runs those of the last one.
    """

    def __init__(self, redaction: Redaction | None = None) -> None:
        self._redaction = redaction or Redaction()
        self.secrets = self._redaction.of_run()
        self._streams: list[RedactedLines] = []

    def new_secrets(self) -> Secrets:
        """Return the secrets of a new run. They stay until the next one: a thread may still write in between."""
        self.secrets = self._redaction.of_run()
        return self.secrets

    def start(self) -> Output:
        """Copy into a new output from now on, and return it."""
        output = Output(secrets=self.secrets)
        OUTPUT.set(output)
        return output

    def stop(self) -> None:
        """Stop copying. A thread that goes on writes to the output of its own run, which nobody reads any more."""
        for stream in self._streams:
            # A stream that refuses a text must not fail a run that has ended.
            with contextlib.suppress(Exception):
                stream.end_lines()
        OUTPUT.set(None)

    def write(self, text: str) -> str:
        """Copy text that a run writes.

        Returns:
            The text without secrets.
        """
        redacted = self.redact(text)
        output = OUTPUT.get()
        if output is not None:
            output.write(redacted)
            output.redacted |= redacted is not text
        return redacted

    def redact(self, text: str) -> str:
        """Return text without the secrets of its run, or between runs those of the last one."""
        output = OUTPUT.get()
        secrets = self.secrets if output is None or output.secrets is None else output.secrets
        return secrets.text(text)

    def tee(self, stream: TextIO) -> TextIO:
        """Return a stream that copies, and writes to `stream` what it copies."""
        lines = RedactedLines(stream, self.write)
        self._streams.append(lines)
        tee: Any = lines
        return tee  # type: ignore[no-any-return]

    def redacting(self, stream: TextIO) -> TextIO:
        """Return a stream that writes to `stream` without secrets, and does not copy."""
        lines: Any = RedactedLines(stream, self.redact)
        return lines  # type: ignore[no-any-return]

    def logging_handler(self, formatter: logging.Formatter) -> logging.Handler:
        """Return a logging handler that copies each record as a line.

        Args:
            formatter: makes the line.
        """
        handler = _LogCopy(self)
        handler.setFormatter(formatter)
        return handler


class _LogCopy(logging.Handler):
    def __init__(self, capture: Capture) -> None:
        super().__init__()
        self._capture = capture

    def emit(self, record: logging.LogRecord) -> None:
        """Copy a record as a line."""
        try:
            self._capture.write(self.format(record) + "\n")
        except Exception:  # noqa: BLE001 - as every logging handler does
            self.handleError(record)


def tee_standard_streams(capture: Capture) -> tuple[TextIO, TextIO]:
    """Copy what is printed. Call it before importing the handler's module, which may keep the stream that it finds.

    Args:
        capture: copies it.

    Returns:
        The real standard output and standard error.
    """
    real = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = capture.tee(real[0]), capture.tee(real[1])
    return real
