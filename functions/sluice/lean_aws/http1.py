"""A connection for POST requests: as much of HTTP/1.1 as AWS's JSON services use.

It replaces http.client, which parses headers as e-mail: that took half of a call's time, and half of the time to
import this package.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from typing import NamedTuple

_READ = 65_536
"""Bytes to read at a time."""

_MAX_HEAD = 65_536
"""Bytes of a response's head. AWS's have a few hundred."""

_END = b"\r\n\r\n"


class DamagedResponseError(Exception):
    """The response is not HTTP, or incomplete."""


class Response(NamedTuple):
    """An HTTP response.

    Attributes:
        status: its status code.
        headers: its headers, by name in lower case.
        content: its body.
        last: True if the connection ends with it.
    """

    status: int
    headers: Mapping[bytes, bytes]
    content: bytes
    last: bool


class Connection:
    """A connection to a host, for one call at a time.

    Args:
        host: the host's name or address.
        port: the host's port.
        tls: the TLS context; None for plain HTTP.
        timeout: seconds to connect, and for each wait for data.

    Raises:
        OSError: the host does not answer, or its certificate is not trusted.
    """

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, timeout: float) -> None:
        plain = socket.create_connection((host, port), timeout)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = tls.wrap_socket(plain, server_hostname=host) if tls else plain
        except BaseException:
            plain.close()
            raise
        self._buffer = b""

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def set_timeout(self, timeout: float) -> None:
        """Set the seconds that each wait for data may last."""
        self._socket.settimeout(timeout)

    def post(self, headers: Mapping[str, str], body: bytes) -> None:
        """Send a request for `/`.

        Args:
            headers: all headers but the length, in ASCII without line breaks.
            body: the request's content.
        """
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        head = f"POST / HTTP/1.1\r\n{''.join(lines)}Content-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode("ascii") + body)

    def receive(self) -> Response:
        """Read the response.

        Raises:
            ConnectionError: the host closed the connection without a response.
            DamagedResponseError: it is not HTTP, or incomplete.
            OSError: no data came in time.
        """
        status, version, headers = self._head()
        while status // 100 == 1:
            status, version, headers = self._head()
        last = headers.get(b"connection", b"").lower() == b"close" or version != b"HTTP/1.1"
        if b"chunked" in headers.get(b"transfer-encoding", b"").lower():
            return Response(status, headers, self._chunks(), last)
        length = headers.get(b"content-length")
        if length is None:
            return Response(status, headers, self._rest(), last=True)
        if not length.isdigit():
            raise DamagedResponseError("the response's length is no number")
        return Response(status, headers, self._take(int(length)), last)

    def _head(self) -> tuple[int, bytes, dict[bytes, bytes]]:
        while (end := self._buffer.find(_END)) < 0:
            if len(self._buffer) > _MAX_HEAD:
                raise DamagedResponseError("the response's head has no end")
            self._read_more()
        first, *lines = self._buffer[:end].split(b"\r\n")
        self._buffer = self._buffer[end + len(_END) :]
        version, _, rest = first.partition(b" ")
        code = rest[:3]
        if not version.startswith(b"HTTP/1.") or not code.isdigit():
            raise DamagedResponseError("the response is not HTTP")
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
        # Skip the trailers, up to an empty line.
        while self._line():
            pass
        return b"".join(parts)

    def _chunk_size(self) -> int:
        try:
            return int(self._line().partition(b";")[0], 16)
        except ValueError:
            raise DamagedResponseError("a chunk of the response has no length") from None

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > _MAX_HEAD:
                raise DamagedResponseError("a line of the response has no end")
            self._read_more(incomplete=True)
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
                    raise DamagedResponseError("the response ended early")
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

    def _read_more(self, *, incomplete: bool = False) -> None:
        part = self._socket.recv(_READ)
        if not part:
            if self._buffer or incomplete:
                raise DamagedResponseError("the response ended early")
            raise ConnectionResetError("the host closed the connection without a response")
        self._buffer += part
