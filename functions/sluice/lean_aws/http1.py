"""A connection that POSTs and reads the answer: HTTP/1.1 as far as AWS's JSON services speak it.

In place of http.client, whose parsing of headers as e-mail is half of what a call costs, and half of what importing
this package did.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

_READ = 65_536
"""Bytes asked for at a time."""

_LONGEST_HEAD = 65_536
"""Bytes. AWS's heads have a few hundred."""

_END = b"\r\n\r\n"


class DamagedAnswerError(Exception):
    """What came is not a whole answer."""


@dataclass(frozen=True)
class Answer:
    """An HTTP response.

    Attributes:
        status: its status code.
        headers: its headers by their names in lower case.
        content: its body.
        last: whether the connection ends with it.
    """

    status: int
    headers: Mapping[bytes, bytes]
    content: bytes
    last: bool


class Connection:
    """A connection to a host. One call at a time.

    Args:
        host: its name or address.
        port: its port.
        tls: how to secure it; None for plain HTTP.
        timeout: seconds to connect, and for each wait.

    Raises:
        OSError: nobody answers there, or not with a certificate that is trusted.
    """

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, timeout: float) -> None:
        made = socket.create_connection((host, port), timeout)
        try:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = tls.wrap_socket(made, server_hostname=host) if tls else made
        except BaseException:
            made.close()
            raise
        self._buffer = b""

    def close(self) -> None:
        """End it."""
        self._socket.close()

    def wait_at_most(self, timeout: float) -> None:
        """Change for how many seconds each wait may last."""
        self._socket.settimeout(timeout)

    def post(self, headers: Mapping[str, str], body: bytes) -> None:
        """Send a request for `/`.

        Args:
            headers: all but the length, in ASCII without line breaks.
            body: its content.
        """
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        head = f"POST / HTTP/1.1\r\n{''.join(lines)}Content-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode("ascii") + body)

    def receive(self) -> Answer:
        """Read the answer.

        Raises:
            ConnectionError: the other side closed the connection without a word.
            DamagedAnswerError: it is none, or not whole.
            OSError: nothing came in time.
        """
        status, version, headers = self._head()
        while status // 100 == 1:
            status, version, headers = self._head()
        last = headers.get(b"connection", b"").lower() == b"close" or version != b"HTTP/1.1"
        if b"chunked" in headers.get(b"transfer-encoding", b"").lower():
            return Answer(status, headers, self._chunks(), last)
        length = headers.get(b"content-length")
        if length is None:
            return Answer(status, headers, self._rest(), last=True)
        if not length.isdigit():
            raise DamagedAnswerError("the answer's length is no number")
        return Answer(status, headers, self._take(int(length)), last)

    def _head(self) -> tuple[int, bytes, dict[bytes, bytes]]:
        while (end := self._buffer.find(_END)) < 0:
            if len(self._buffer) > _LONGEST_HEAD:
                raise DamagedAnswerError("the answer's head has no end")
            self._read_more()
        first, *lines = self._buffer[:end].split(b"\r\n")
        self._buffer = self._buffer[end + len(_END) :]
        version, _, rest = first.partition(b" ")
        code = rest[:3]
        if not version.startswith(b"HTTP/1.") or not code.isdigit():
            raise DamagedAnswerError("the answer is not HTTP")
        headers = {}
        for line in lines:
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        return int(code), version, headers

    def _chunks(self) -> bytes:
        parts = []
        while size := self._chunk_size():
            parts.append(self._take(size))
            self._line()
        # Trailers, up to an empty line.
        while self._line():
            pass
        return b"".join(parts)

    def _chunk_size(self) -> int:
        try:
            return int(self._line().partition(b";")[0], 16)
        except ValueError:
            raise DamagedAnswerError("a part of the answer has no length") from None

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _LONGEST_HEAD:
                raise DamagedAnswerError("a line of the answer has no end")
            self._read_more(within=True)
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        return line

    def _take(self, count: int) -> bytes:
        missing = count - len(self._buffer)
        if missing > 0:
            parts = [self._buffer]
            self._buffer = b""
            while missing > 0:
                part = self._socket.recv(min(missing, _READ))
                if not part:
                    raise DamagedAnswerError("the answer ended early")
                parts.append(part)
                missing -= len(part)
            return b"".join(parts)
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _rest(self) -> bytes:
        parts = [self._buffer]
        self._buffer = b""
        while part := self._socket.recv(_READ):
            parts.append(part)
        return b"".join(parts)

    def _read_more(self, *, within: bool = False) -> None:
        part = self._socket.recv(_READ)
        if not part:
            if self._buffer or within:
                raise DamagedAnswerError("the answer ended early")
            raise ConnectionResetError("the other side closed the connection without an answer")
        self._buffer += part
