"""The small HTTP client, byte for byte, and whom it trusts."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.lean_aws import Credentials, LeanClient
from sluice.lean_aws import certificates as trust
from sluice.lean_aws.http1 import Connection, DamagedResponseError, Response

from tests.bench import certificates


@contextmanager
def answering(*parts: bytes) -> Iterator[Connection]:
    """A connection whose other side sends these parts and hangs up."""
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
def test_an_answer_may_come_in_any_parts(cuts: list[int]) -> None:
    whole = HEAD + b'{"a":1}'
    edges = [0, *sorted(cuts), len(whole)]
    with answering(*(whole[low:high] for low, high in itertools.pairwise(edges))) as connection:
        answer = connection.receive()
    assert (answer.status, answer.content, answer.last) == (200, b'{"a":1}', False)
    assert answer.headers == {b"content-length": b"7", b"x-amz-crc32": b"12"}


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
def test_every_way_of_saying_where_an_answer_ends(sent: bytes, content: bytes, last: bool) -> None:
    with answering(sent) as connection:
        answer = connection.receive()
    assert answer == Response(200, answer.headers, content, last)


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
def test_what_is_no_whole_answer_is_not_taken_for_one(sent: bytes) -> None:
    with answering(sent) as connection, pytest.raises(DamagedResponseError):
        connection.receive()


def test_no_answer_at_all_is_a_lost_connection() -> None:
    with answering() as connection, pytest.raises(ConnectionError):
        connection.receive()


# ---- whom to trust


@pytest.fixture
def own_contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(trust, "_contexts", {})


def names(context: ssl.SSLContext) -> set[str]:
    subjects: list[Any] = [found["subject"] for found in context.get_ca_certs()]
    return {dict(part[0] for part in subject)["commonName"] for subject in subjects}


@pytest.mark.usefixtures("own_contexts")
def test_awss_own_authorities_are_tried_first() -> None:
    few = trust.tls_context(all_authorities=False)
    assert few is trust.tls_context(all_authorities=False)
    assert names(few) == {f"Amazon Root CA {number}" for number in (1, 2, 3, 4)} | {
        "Starfield Services Root Certificate Authority - G2"
    }
    assert few.verify_mode is ssl.CERT_REQUIRED
    assert few.check_hostname


@pytest.mark.usefixtures("own_contexts")
def test_a_bundle_that_the_environment_names_is_all_that_is_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    everything = (Path(botocore.__file__).parent / "cacert.pem").read_text()
    bundle.write_text(everything[everything.index('# Label: "Amazon Root CA 3"') :].partition("\n\n")[0])
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    for everybody in (False, True):
        assert names(trust.tls_context(all_authorities=everybody)) == {"Amazon Root CA 3"}


@contextmanager
def secure_server(certificate: Path) -> Iterator[str]:
    """A server with a certificate, that answers whatever it is asked."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                accepted, _ = listener.accept()
                if over.is_set():
                    accepted.close()
                    return
                try:
                    with tls.wrap_socket(accepted, server_side=True) as secured:
                        secured.recv(65_536)
                        secured.sendall(
                            b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{"ok":true}'
                        )
                except OSError:
                    accepted.close()

        server = threading.Thread(target=serve)
        server.start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            socket.create_connection(listener.getsockname()).close()
            server.join()


@pytest.mark.usefixtures("own_contexts")
def test_an_authority_that_only_the_system_knows_is_trusted_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = certificates.make(tmp_path)
    with secure_server(made.server) as url:
        monkeypatch.setenv("SSL_CERT_FILE", str(made.authorities))
        client = LeanClient("sqs", region="r", endpoint=url, credentials=Credentials("a", "b"), sleep=lambda _: None)
        assert client.send_message(MessageBody="x") == {"ok": True}
        assert client.send_message(MessageBody="y") == {"ok": True}


@pytest.mark.usefixtures("own_contexts")
def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with secure_server(certificates.make(tmp_path).server) as url:
        client = LeanClient("sqs", region="r", endpoint=url, credentials=Credentials("a", "b"), sleep=lambda _: None)
        with pytest.raises(client.exceptions.ClientError, match="CERTIFICATE_VERIFY_FAILED"):
            client.send_message(MessageBody="x")
