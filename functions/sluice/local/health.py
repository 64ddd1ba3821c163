"""A check that a local cloud answers."""

from __future__ import annotations

import http.client

_ANSWER = 10.0
"""Seconds to wait for an answer. A local cloud that is running handlers can be slow."""


def answers(port: int) -> bool:
    """Return True if MiniStack answers at the port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
