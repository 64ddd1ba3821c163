"""A certificate for 127.0.0.1 that clients trust like AWS's, so that TLS connections take their real time."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import botocore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LABEL = '\n# Label: "Amazon Root CA of this bench"\n'


@dataclass(frozen=True)
class Certificates:
    """Certificate files.

    Attributes:
        server: the server's certificate with its key.
        authorities: botocore's bundle of authorities with the server's added, for both the system and botocore.
    """

    server: Path
    authorities: Path


def make(into: Path) -> Certificates:
    """Make the files in a directory."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    own = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server, authorities = into / "server.pem", into / "authorities.pem"
    server.write_bytes(secret + own)
    authorities.write_bytes((Path(botocore.__file__).parent / "cacert.pem").read_bytes() + LABEL.encode() + own)
    return Certificates(server, authorities)
