"""The HTTP connection, byte for byte."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.lean_aws.http1 import Connection, DamagedResponseError, Response


@contextmanager
def answering(*parts: bytes) -> Iterator[Connection]:
    """A connection whose host sends these parts and closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            accepted, _ = listener.accept()
            with accepted:
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for part in parts:
                    accepted.sendall(part)

        server = threading.Thread(target=serve)
        server.start()
        connection = Connection("127.0.0.1", listener.getsockname()[1], None, 5)
        try:
            yield connection
        finally:
            connection.close()
            server.join()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nX-Amz-Crc32:  12 \r\n\r\n"


@given(cuts=st.lists(st.integers(0, len(HEAD) + 7), max_size=4))
def test_a_response_may_come_in_any_parts(cuts: list[int]) -> None:
    whole = HEAD + b'{"a":1}'
    edges = [0, *sorted(cuts), len(whole)]
    with answering(*(whole[low:high] for low, high in itertools.pairwise(edges))) as connection:
        response = connection.receive()
    assert (response.status, response.content, response.last) == (200, b'{"a":1}', False)
    assert response.headers == {b"content-length": b"7", b"x-amz-crc32": b"12"}


@pytest.mark.parametrize(
    ("sent", "content", "last"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nall of it", b"all of it", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", b"x", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: Close\r\n\r\nx", b"x", True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", b"x", False),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;n\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
            b"abc0123456789",
            False,
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"", False),
    ],
)
def test_every_form_of_a_response_is_read_to_its_end(sent: bytes, content: bytes, last: bool) -> None:
    with answering(sent) as connection:
        response = connection.receive()
    assert response == Response(200, response.headers, content, last)


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 12_000,
    ],
)
def test_a_damaged_response_raises(sent: bytes) -> None:
    with answering(sent) as connection, pytest.raises(DamagedResponseError):
        connection.receive()


def test_no_response_at_all_is_a_lost_connection() -> None:
    with answering() as connection, pytest.raises(ConnectionError):
        connection.receive()


@pytest.mark.parametrize("kept", [False, True])
def test_a_wait_for_data_ends_with_its_timeout(kept: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = Connection("127.0.0.1", listener.getsockname()[1], None, 60 if kept else 0.05)
        try:
            if kept:
                connection.set_timeout(0.05)
            connection.post({}, b"")
            with pytest.raises(TimeoutError):
                connection.receive()
        finally:
            connection.close()
