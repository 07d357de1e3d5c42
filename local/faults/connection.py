"""The client's connection under a request: waiting until it hangs up, and breaking it off without an answer."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from typing import Any, NoReturn

_LOOK_SECONDS = 0.05


class BrokenOffError(ConnectionError):
    """The connection was broken on purpose; the server says nothing about it."""


def break_off(environ: dict[str, Any]) -> NoReturn:
    """End the connection without a (further) answer."""
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    raise BrokenOffError


def wait_for_hang_up(environ: dict[str, Any], *, at_most_seconds: float) -> None:
    """Return when the client has closed its side, or after that time."""
    connection = environ.get("werkzeug.socket")
    end = time.monotonic() + at_most_seconds
    while connection is not None and (left := end - time.monotonic()) > 0:
        try:
            readable, _, _ = select.select([connection], [], [], min(left, _LOOK_SECONDS))
            if readable and not connection.recv(1, socket.MSG_PEEK):
                return
        except (OSError, ValueError):
            return
        if readable:  # the client sent more than it should; do not spin on it
            time.sleep(_LOOK_SECONDS)
