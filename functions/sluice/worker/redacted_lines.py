"""A text stream in place of standard output or standard error: what is written to it loses its secrets first."""

from __future__ import annotations

import codecs
import contextlib
import io
import threading
from collections.abc import Callable
from typing import Any, TextIO

MAX_LINE = 65_536
"""Characters of a line that are kept back until its end is written."""


class RedactedLines:
    """A stream that redacts whole lines, as a secret may be written in parts: `print("password:", password)`.

    It stays open: Python closes a stream when nobody uses it any more, and with it the one that it wraps, as in
    `sys.stdout = io.TextIOWrapper(sys.stdout.buffer)`. No later run could print then.

    Args:
        stream: lines are written to it.
        redact: returns a text without secrets. It may copy it.
    """

    def __init__(self, stream: TextIO, redact: Callable[[str], str]) -> None:
        self._stream = stream
        self._redact = redact
        self._begun: dict[int, str] = {}
        self._bytes: _Bytes | None = None
        # The thread that holds it may be asked to write once more, by a finaliser.
        self._lock = threading.RLock()

    def write(self, text: str) -> int:
        """Write all lines of this thread that end in the text, and keep the rest back."""
        if not isinstance(text, str):
            # The stream refuses it.
            return self._stream.write(text)
        thread = threading.get_ident()
        with self._lock:
            whole, newline, rest = (self._begun.pop(thread, "") + text).rpartition("\n")
            if len(rest) > MAX_LINE:
                whole, newline, rest = whole + newline + rest, "", ""
            if rest:
                self._begun[thread] = rest
            if whole or newline:
                self._pass_on(whole + newline)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write what was kept back, too."""
        self.end_lines()
        if not getattr(self._stream, "closed", False):
            self._stream.flush()

    def end_lines(self) -> None:
        """Write what was kept back."""
        with self._lock:
            while self._begun:
                self._pass_on(self._begun.popitem()[1])

    def close(self) -> None:
        """Write what was kept back. The stream stays open."""
        self.flush()

    @property
    def closed(self) -> bool:
        """False."""
        return False

    @property
    def buffer(self) -> Any:
        """A stream of bytes that writes to this one, and leaves it open when it is closed."""
        if self._bytes is None or self._bytes.closed:
            self._bytes = _Bytes(self)
        return self._bytes

    def detach(self) -> Any:
        """Return the stream of bytes. This one goes on."""
        return self.buffer

    def __enter__(self) -> RedactedLines:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _pass_on(self, text: str) -> None:
        redacted = self._redact(text)
        if not getattr(self._stream, "closed", False):
            # Its file may be closed, which it does not know.
            with contextlib.suppress(OSError):
                self._stream.write(redacted)


class _Bytes(io.BufferedIOBase):
    """A stream of bytes that writes text."""

    def __init__(self, lines: RedactedLines) -> None:
        super().__init__()
        self._lines = lines
        # A character's bytes may come one by one.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Any, /) -> int:
        """Write bytes as text."""
        # A view of it may be used again once this returns.
        given = bytes(data)
        self._lines.write(self._decoder.decode(given))
        return len(given)

    def flush(self) -> None:
        """Write what was kept back, too."""
        if not self.closed:
            self._lines.flush()

    def fileno(self) -> int:
        """Return the number of the stream's file."""
        number: int = self._lines.fileno()
        return number
