"""The AWS clients of Step Functions tasks: made once per service, and bound to this cloud's address.

moto makes a client for every task (tens of milliseconds, and unsafe when two threads do it at once) and calls
`localhost`, which may be another program's ::1.
"""

from __future__ import annotations

import sys
import threading
from functools import cache
from typing import Any

import boto3
import moto.stepfunctions.parser.models  # noqa: F401  (loads every module that has the name)
from botocore.config import Config

from local.cloud.seams.patching import SeamMovedError

_NAME = "boto_client_for"
_PACKAGE = "moto.stepfunctions.parser."
_lock = threading.Lock()
_clients: dict[tuple[str, str, str], Any] = {}
_endpoint_url = "http://127.0.0.1:4566"


def set_endpoint(url: str) -> None:
    """Tasks call AWS APIs there."""
    global _endpoint_url
    _endpoint_url = url


def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    """One attempt only: retries are the state machine's. A task may take as long as its state allows."""
    key = (_endpoint_url, region, service)
    with _lock:
        if key not in _clients:
            retries: Any = {"total_max_attempts": 1}
            config = Config(parameter_validation=False, retries=retries, read_timeout=86_400, max_pool_connections=50)
            session = boto3.session.Session(aws_access_key_id="local", aws_secret_access_key="local")  # noqa: S106
            make: Any = session.client
            _clients[key] = make(service, region_name=region, endpoint_url=_endpoint_url, config=config)
        return _clients[key]


@cache
def install() -> None:
    """Replace the client factory in every module that imported it by name."""
    loaded = list(sys.modules.items())  # a copy: the brain imports its own modules in a thread meanwhile
    found = [module for name, module in loaded if name.startswith(_PACKAGE) and hasattr(module, _NAME)]
    if len(found) < 2:
        raise SeamMovedError(f"moto has moved {_PACKAGE}*.{_NAME}; tasks of state machines would miss this cloud")
    for module in found:
        setattr(module, _NAME, client_for)
