"""Ports on the loopback interface."""

from __future__ import annotations

import socket


class PortBusyError(Exception):
    """Something else listens on the port."""


def claim(port: int) -> int:
    """The port itself if it is free, or any free one for 0; raises PortBusyError with one clear line."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortBusyError(
                f"port {port} on 127.0.0.1 is in use: stop what listens there, or choose another one"
            ) from error
        chosen: int = probe.getsockname()[1]
        return chosen
