"""Copies of what a handler prints and logs, kept for its trace."""

from __future__ import annotations

import logging
import sys
import threading
from contextvars import ContextVar
from typing import Any, TextIO

MAX_CHARACTERS = 262_144
"""Length of one run's output in its trace: half is kept from its start, half from its end. Compressed, that fits in
most items."""


class Output:
    """The text of one run, without its middle if it is long.

    Args:
        limit: characters to keep.
    """

    def __init__(self, limit: int = MAX_CHARACTERS) -> None:
        self._half = limit // 2
        self._head: list[str] = []
        self._head_room = self._half
        self._tail: list[str] = []
        self._tail_size = 0
        self._dropped = 0
        self._lock = threading.Lock()

    def write(self, text: str) -> None:
        """Add text."""
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
    """Copies everything that a run writes to a stream or logs."""

    def start(self) -> Output:
        """Copy into a new output from now on, and return it."""
        output = Output()
        OUTPUT.set(output)
        return output

    def stop(self) -> None:
        """Stop copying. A thread that goes on writes to the output of its own run, which nobody reads any more."""
        OUTPUT.set(None)

    def write(self, text: object) -> None:
        """Copy text that a run writes. Anything else is left to the stream, which refuses it."""
        output = OUTPUT.get()
        if output is not None and isinstance(text, str):
            output.write(text)

    def tee(self, stream: TextIO) -> TextIO:
        """Return a stream that writes to `stream` and copies."""
        tee: Any = _Tee(stream, self)
        return tee  # type: ignore[no-any-return]

    def logging_handler(self) -> logging.Handler:
        """Return a logging handler that copies each record as a line."""
        handler = _LogCopy(self)
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        return handler


class _Tee:
    def __init__(self, stream: TextIO, capture: Capture) -> None:
        self._stream = stream
        self._capture = capture

    def write(self, text: str) -> int:
        """Write text to the stream, and copy it."""
        self._capture.write(text)
        return self._stream.write(text)

    def writelines(self, lines: list[str]) -> None:
        """Write lines to the stream, and copy them."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


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
