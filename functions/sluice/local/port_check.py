"""A check that a port is free, and the name of the program that has it."""

from __future__ import annotations

import socket

import psutil

from .errors import LocalCloudError
from .port import MAX_PORT

_CONNECT = 10.0
"""Seconds that a program at the port has to accept a connection."""


def check_port_is_free(port: int) -> None:
    """Check that MiniStack can listen at a port.

    Raises:
        LocalCloudError: another program has the port, or this user may not use it.
    """
    with socket.socket() as probe:
        probe.settimeout(_CONNECT)
        # Connect before binding: some systems let a program bind 127.0.0.1 beside a server on all addresses.
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    if not taken:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except PermissionError as error:
                raise LocalCloudError(
                    f"you may not use port {port}; choose another port with SLUICE_PORT",
                    then="SLUICE_PORT=4567 sluice up",
                ) from error
            except OSError:
                taken = True
    if taken:
        other = port + 1 if port < MAX_PORT else port - 1
        raise LocalCloudError(
            f"port {port} is taken by {_owner(port)}; stop it, or choose another port with SLUICE_PORT",
            then=f"SLUICE_PORT={other} sluice up",
        )


def _owner(port: int) -> str:
    """Describe the program that listens at a port."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr[1] == port and connection.status == psutil.CONN_LISTEN:
                if connection.pid is None:
                    break
                command = " ".join(psutil.Process(connection.pid).cmdline())
                return f"process {connection.pid} ({command[:100]})"
    except psutil.Error:
        pass
    return "another program"
