"""Seam: moto's server sends small writes at once, so that streamed pieces are not held back."""

from __future__ import annotations

from moto.moto_server.werkzeug_app import MotoRequestHandler


def open_connections() -> None:
    """A streamed chunk is four small writes; Nagle's algorithm would make each piece wait for an acknowledgement."""
    MotoRequestHandler.disable_nagle_algorithm = True
