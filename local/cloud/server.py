"""Every AWS API on one local address: moto's server in this process, with the seams in place."""

from __future__ import annotations

import errno
import logging
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from local.clock import set_time_scale
from local.cloud import seams
from local.cloud.seams import queues, task_clients
from local.environment import ACCOUNT, REGION
from local.faults import FaultBook, deliveries
from local.faults.front import FaultyApplication
from local.ports import PortBusyError

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer

_HOST = "127.0.0.1"
_CREDENTIALS: Any = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}


class Cloud:
    """moto on 127.0.0.1:`port` (0 picks a free one); `time_scale` 60 makes workflows wait a second for a minute.

    moto keeps its state per process: there is one cloud in a process at a time.
    """

    def __init__(self, *, port: int, time_scale: float = 1.0) -> None:
        self._wanted_port = port
        self._time_scale = time_scale
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self.port = port
        self.account = ACCOUNT
        self.region = REGION
        self.faults = FaultBook()

    @property
    def endpoint_url(self) -> str:
        return f"http://{_HOST}:{self.port}"

    def start(self) -> None:
        """Install the seams and listen; raises `PortBusyError`."""
        listener = _listen(self._wanted_port)
        self.port = listener.getsockname()[1]
        _quiet()
        os.environ["MOTO_PORT"] = str(self.port)
        seams.install_all()
        set_time_scale(self._time_scale)
        task_clients.set_endpoint(self.endpoint_url)
        queues.set_endpoint(self.endpoint_url)
        deliveries.set_book(self.faults)
        self._server = _server_on(listener, self.faults)
        self._thread = threading.Thread(target=self._server.serve_forever, name="local-cloud", daemon=True)
        self._thread.start()

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud, made once per service."""
        with self._lock:
            if service not in self._clients:
                retries: Any = {"total_max_attempts": 1}
                config = Config(retries=retries, read_timeout=900, max_pool_connections=50)
                session: Any = boto3.session.Session(region_name=self.region, **_CREDENTIALS)
                self._clients[service] = session.client(service, endpoint_url=self.endpoint_url, config=config)
            return self._clients[service]

    def close(self) -> None:
        """Stop listening; what was stored stays in the process's memory."""
        server, self._server = self._server, None
        if server is not None and self._thread is not None:
            server.shutdown()
            server.server_close()
            self._thread.join(timeout=5)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as error:
        listener.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            reason = "is in use by another program" if error.errno == errno.EADDRINUSE else "may not be used"
            raise PortBusyError(f"port {port} on {_HOST} {reason}; choose another with --aws-port") from error
        raise
    listener.listen(128)
    return listener


def _server_on(listener: socket.socket, faults: FaultBook) -> BaseWSGIServer:
    # Imported late: moto reads its settings from the environment.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    # Without it an answer's body waits for the delayed acknowledgement of its headers: 40 ms per call.
    handler = type("_Handler", (MotoRequestHandler,), {"disable_nagle_algorithm": True})
    app = FaultyApplication(DomainDispatcherApplication(create_backend_app), faults)
    with listener:
        return make_server(
            _HOST, listener.getsockname()[1], app, threaded=True, request_handler=handler, fd=listener.fileno()
        )


def _quiet() -> None:
    for name in ("moto", "werkzeug", "botocore"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # It logs every failed task, with its data; executions tell their error and cause themselves.
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
