"""The certificates that connections to AWS trust.

Reading the certificates of all authorities takes longer than anything else in this package. AWS's own authorities are
four, and one that vouched for them before they were known everywhere: these are tried first. If an endpoint has another
authority's certificate, as behind a company's proxy, all authorities are read.
"""

from __future__ import annotations

import os
import re
import ssl
import sys

_AWS_AUTHORITIES = re.compile(
    r'^# Label: "(?:Amazon Root CA|Starfield Services Root)[^\n]*\n'
    r"(?:#[^\n]*\n)*"
    r"(-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----)",
    re.MULTILINE,
)

_contexts: dict[bool, ssl.SSLContext] = {}


def tls_context(*, all_authorities: bool) -> ssl.SSLContext:
    """Return the TLS context that all connections to AWS share.

    As with boto3, the bundle named by AWS_CA_BUNDLE replaces both kinds.

    Args:
        all_authorities: True to trust all authorities that this system trusts, False for AWS's only.
    """
    if all_authorities not in _contexts:
        _contexts[all_authorities] = _new_context(all_authorities=all_authorities)
    return _contexts[all_authorities]


def _new_context(*, all_authorities: bool) -> ssl.SSLContext:
    bundle = os.environ.get("AWS_CA_BUNDLE")
    if bundle:
        return ssl.create_default_context(cafile=bundle)
    aws_only = "" if all_authorities else _aws_certificates()
    return ssl.create_default_context(cadata=aws_only) if aws_only else ssl.create_default_context()


def _aws_certificates() -> str:
    """Return the certificates of AWS's authorities from botocore's bundle; an empty text if there is none."""
    for directory in sys.path:
        try:
            # Without importing botocore or pathlib, which would take longer than reading the file.
            with open(f"{directory}/botocore/cacert.pem", encoding="utf-8") as file:  # noqa: PTH123
                return "\n".join(_AWS_AUTHORITIES.findall(file.read()))
        except OSError:
            continue
    return ""
