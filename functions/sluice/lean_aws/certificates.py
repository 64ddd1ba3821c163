"""Whose certificates are trusted.

Reading those of all the world's authorities takes longer than everything else in this package. AWS's own are four
(and one that vouched for them before they were known everywhere), so these are tried first; where an endpoint shows
another's, as behind a company's proxy, all are read after all.
"""

from __future__ import annotations

import os
import re
import ssl
import sys

_OWN = re.compile(
    r'^# Label: "(?:Amazon Root CA|Starfield Services Root)[^\n]*\n'
    r"(?:#[^\n]*\n)*"
    r"(-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----)",
    re.MULTILINE,
)

_contexts: dict[bool, ssl.SSLContext] = {}


def trusted(*, everybody: bool) -> ssl.SSLContext:
    """How to secure connections to AWS; the same for all of them.

    As with boto3, AWS_CA_BUNDLE says whom to trust in place of both.

    Args:
        everybody: whether to trust all authorities that this system does, or AWS's alone.
    """
    if everybody not in _contexts:
        _contexts[everybody] = _made(everybody=everybody)
    return _contexts[everybody]


def _made(*, everybody: bool) -> ssl.SSLContext:
    bundle = os.environ.get("AWS_CA_BUNDLE")
    if bundle:
        return ssl.create_default_context(cafile=bundle)
    own = "" if everybody else _aws_own()
    return ssl.create_default_context(cadata=own) if own else ssl.create_default_context()


def _aws_own() -> str:
    """The certificates of AWS's authorities, out of those that botocore brings along; empty if there are none."""
    for directory in sys.path:
        try:
            # Neither botocore nor pathlib is imported for it: that would take longer than reading the file.
            with open(f"{directory}/botocore/cacert.pem", encoding="utf-8") as file:  # noqa: PTH123
                return "\n".join(_OWN.findall(file.read()))
        except OSError:
            continue
    return ""
