"""The local cloud's port."""

from __future__ import annotations

import os

from ..stage.clients import DEFAULT_PORT
from .errors import InvalidPortError

MAX_PORT = 65_535


def local_port() -> int:
    """Return the port that SLUICE_PORT names, or else the default one.

    Raises:
        InvalidPortError: SLUICE_PORT is not a port number.
    """
    text = os.environ.get("SLUICE_PORT") or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= MAX_PORT):
        raise InvalidPortError(f"SLUICE_PORT={text}: give a port number, 1 to {MAX_PORT}, as in SLUICE_PORT=4567")
    return int(text)
