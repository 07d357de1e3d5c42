"""The API's address on this machine: http://127.0.0.1:<port>, with and without the stage in the path."""

from __future__ import annotations

import threading
from collections.abc import Callable

from local.api.connection import ApiServer
from local.api.gateway import Gateway
from local.api.rest_api import read_rest_api
from local.deployment import Deployment
from local.functions import FunctionHost


class ApiFront:
    """Serves the deployment's REST API. Port 0 takes a free one; a busy port is an `OSError` of the constructor.

    `log` is the functions' log unless another one is given: one line for each request.
    """

    def __init__(
        self,
        deployment: Deployment,
        functions: FunctionHost,
        *,
        port: int,
        log: Callable[[str], None] | None = None,
    ) -> None:
        write = log or functions.log

        def with_name(line: str) -> None:
            write(f"api | {line}")

        api = read_rest_api(deployment)
        self._functions = functions
        self._authorizers = [authorizer.function_name for authorizer in api.authorizers.values()]
        gateway = Gateway(api, functions, log=with_name)
        self._server = ApiServer(port, gateway, with_name)
        self._thread: threading.Thread | None = None
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def prepare(self) -> None:
        """Start the authorizers' processes, where there are none yet: every first call needs them.

        Lambda initializes functions ahead of their first call too, where it expects one.
        """
        for function_name in self._authorizers:
            self._functions.prepare(function_name)

    def start(self) -> None:
        """Begin to answer, prepared; returns at once."""
        self.prepare()
        # the poll is only how soon `close` is noticed
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="api-front", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Take no more connections; requests in progress end with their functions."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
