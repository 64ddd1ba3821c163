"""The credentials of the local cloud at a port: a file that only its owner can read.

The file is in the owner's cache directory, not in the project: a program in any directory can then find it. It has the
format of AWS's credentials files, so that other AWS tools can use it.
"""

from __future__ import annotations

import configparser
import os
import re
from pathlib import Path

KEY_ID = "test"
"""The access key id. Every access key id that is an account's number has the same secret."""

_SECRET = re.compile(r"[0-9a-f]{64}")


def credentials_file(port: int | str) -> Path:
    """Return the file of the local cloud at a port. `sluice up` writes it, `sluice down` deletes it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "sluice" / "local" / str(port) / "credentials"


def read_secret(port: int | str) -> str | None:
    """Return the secret access key of the local cloud at a port; None if there is none or its file is damaged."""
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(credentials_file(port).read_text())
        secret = parser.get("default", "aws_secret_access_key")
    except (OSError, ValueError, configparser.Error):
        return None
    return secret if _SECRET.fullmatch(secret) else None
