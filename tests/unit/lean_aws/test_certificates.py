"""The certificates that the lean client trusts."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore
import pytest
from sluice.lean_aws import Credentials, LeanClient
from sluice.lean_aws import certificates as trust

from tests.bench import certificates


@pytest.fixture
def new_contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have contexts made anew, without the environment's own bundles."""
    for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(trust, "_contexts", {})


def names(context: ssl.SSLContext) -> set[str]:
    subjects: list[Any] = [found["subject"] for found in context.get_ca_certs()]
    return {dict(part[0] for part in subject)["commonName"] for subject in subjects}


@pytest.mark.usefixtures("new_contexts")
def test_aws_authorities_alone_are_five() -> None:
    aws_only = trust.tls_context(all_authorities=False)
    assert aws_only is trust.tls_context(all_authorities=False)
    assert names(aws_only) == {f"Amazon Root CA {number}" for number in (1, 2, 3, 4)} | {
        "Starfield Services Root Certificate Authority - G2"
    }
    assert aws_only.verify_mode is ssl.CERT_REQUIRED
    assert aws_only.check_hostname


@pytest.mark.usefixtures("new_contexts")
def test_the_bundle_of_the_environment_replaces_both_kinds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    everything = (Path(botocore.__file__).parent / "cacert.pem").read_text()
    bundle.write_text(everything[everything.index('# Label: "Amazon Root CA 3"') :].partition("\n\n")[0])
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    for all_authorities in (False, True):
        assert names(trust.tls_context(all_authorities=all_authorities)) == {"Amazon Root CA 3"}


@contextmanager
def secure_server(certificate: Path) -> Iterator[str]:
    """A TLS server that gives every request the same answer."""
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


@pytest.mark.usefixtures("new_contexts")
def test_an_authority_of_the_system_is_trusted_after_awss_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = certificates.make(tmp_path)
    with secure_server(made.server) as url:
        monkeypatch.setenv("SSL_CERT_FILE", str(made.authorities))
        client = LeanClient("sqs", region="r", endpoint=url, credentials=Credentials("a", "b"), sleep=lambda _: None)
        assert client.send_message(MessageBody="x") == {"ok": True}
        assert client.send_message(MessageBody="y") == {"ok": True}


@pytest.mark.usefixtures("new_contexts")
def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    with secure_server(certificates.make(tmp_path).server) as url:
        client = LeanClient("sqs", region="r", endpoint=url, credentials=Credentials("a", "b"), sleep=lambda _: None)
        with pytest.raises(client.exceptions.ClientError, match="CERTIFICATE_VERIFY_FAILED"):
            client.send_message(MessageBody="x")
