"""A service's model and router are built once, not once by every thread that asks while they are being built.

moto keeps both in `functools.cache`, which lets all threads that miss build the same thing: a hundred first calls at
the same moment then cost a hundred times half a second of the one interpreter.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from moto.core import errors, responses, routing, utils

from local.cloud.seams.patching import replace


def built_once(original: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, where the first caller with an argument builds and the others wait for what it built."""
    known: dict[Any, Any] = {}
    lock = threading.RLock()  # a router's building asks for its model

    def get(*key: Any) -> Any:
        if key not in known:
            with lock:
                if key not in known:
                    known[key] = original(*key)
        return known[key]

    return get


@cache
def install() -> None:
    """Put the waiting forms wherever moto imported the plain ones."""
    replace(utils, "get_service_model", built_once)
    for module in (errors, routing, responses):
        if hasattr(module, "get_service_model"):
            replace(module, "get_service_model", lambda _: utils.get_service_model)
    replace(responses, "get_service_router", built_once)
    replace(routing.ServiceOperationRouter, "_get_router", built_once)
