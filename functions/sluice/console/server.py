"""The console's server, on 127.0.0.1 only."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from urllib.parse import urlencode

import uvicorn

from ..errors import SluiceError
from .guard import TOKEN
from .site import Site

HOST = "127.0.0.1"


class PortTakenError(SluiceError):
    """Something else listens on the port."""


def listen(port: int) -> socket.socket:
    """Return a socket that listens.

    Args:
        port: the port; 0 for any free one.

    Raises:
        PortTakenError: the port is taken.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortTakenError(f"port {port} of {HOST} cannot be used ({error.strerror}); give another --port") from error
    return listener


def first_url(site: Site, port: int) -> str:
    """Return the address to open: it has the token, which the first answer takes out of it."""
    return f"http://{HOST}:{port}/{site.stage}?{urlencode({TOKEN: site.guard.token})}"


def serve(site: Site, listener: socket.socket, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Args:
        site: the pages.
        listener: the socket.
        ready: called once the server answers.
    """
    # Without the log of requests, which would hold the token; and without a server's name and version in answers.
    config = uvicorn.Config(
        site.guard,
        access_log=False,
        log_level="warning",
        log_config=None,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
        ws="none",
    )
    server = _Server(config, ready)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that the server answers, once it does."""
        await super().startup(sockets=sockets)
        self._ready()
