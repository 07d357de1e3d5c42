"""The whole local stack: everything started in order and stopped in reverse."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.ports import PortBusyError, claim
from local.seed import KEY, SeedError, seed_client
from local.synth import synthesize

if TYPE_CHECKING:
    from local.faults import FaultBook


class StartError(Exception):
    """The stack could not be started; the message is for the person at the keyboard."""


class LocalStack:
    """One running Quarry. Ports of 0 are chosen; `log` gets the functions' lines."""

    key = KEY

    def __init__(
        self, *, root: Path, port: int, aws_port: int, time_scale: float = 1.0, log: Callable[[str], None]
    ) -> None:
        self._root = root
        self._port = port
        self._aws_port = aws_port
        self._time_scale = time_scale
        self._log = log
        self._running = ExitStack()
        self.api_url = ""
        self.aws_url = ""
        self.brain = ""
        self.outputs: Mapping[str, str] = {}
        self._cloud: Any = None

    def start(self, *, progress: Callable[[str], None]) -> None:
        """Start everything, telling each step; on any failure what had been started is stopped again."""
        try:
            self._start(progress)
        except (PortBusyError, SeedError, ValueError, RuntimeError) as error:
            self.close()
            raise StartError(str(error)) from error
        except BaseException:
            self.close()
            raise

    def client(self, service: str) -> Any:
        """A boto3 client on the local AWS APIs."""
        return self._cloud.client(service)

    @property
    def faults(self) -> FaultBook:
        """The fault rules of the running stack."""
        book: FaultBook = self._cloud.faults
        return book

    def close(self) -> None:
        """Stop all of it; calling it twice is fine."""
        self._running.close()

    def _start(self, progress: Callable[[str], None]) -> None:
        port, aws_port = claim(self._port), claim(self._aws_port)
        begin = time.monotonic()
        assembly = synthesize(self._root, log=progress)
        progress(f"templates synthesized ({time.monotonic() - begin:.1f} s)")
        # moto is heavy to import: only after what can fail quickly
        from local.bedrock import choose_brain, install, ollama_offer
        from local.cloud import Cloud, deploy

        brain = choose_brain(os.environ)
        self.brain = brain.description
        offer = ollama_offer(os.environ)
        if offer:
            progress(offer)
        install(brain)
        self._cloud = Cloud(port=aws_port, time_scale=self._time_scale)
        self._cloud.start()
        self._running.callback(self._cloud.close)
        deployment = deploy(assembly, self._cloud)
        self.outputs = deployment.outputs
        self.aws_url = self._cloud.endpoint_url
        progress(f"{len(deployment.resources)} resources deployed, AWS APIs on {self.aws_url}")
        self._serve(deployment, port)
        progress(f"API on {self.api_url}")

    def _serve(self, deployment: Any, port: int) -> None:
        from local.api import ApiFront
        from local.cloud import EventSources, set_invoker
        from local.functions import FunctionHost

        functions = FunctionHost(deployment, endpoint_url=self.aws_url, log=self._log)
        self._running.callback(functions.close)
        set_invoker(functions)
        self._cloud.faults.kill, self._cloud.faults.log = functions.kill_process, functions.log
        seed_client(self._root, self.aws_url)
        sources = EventSources(deployment, self._cloud, functions.invoke)
        sources.start()
        self._running.callback(sources.close)
        front = ApiFront(deployment, functions, port=port)
        front.prepare()
        self._answer_once()
        front.start()  # last: GET /health is 200 from now on
        self._running.callback(front.close)
        self.api_url = front.url

    def _answer_once(self) -> None:
        """Ready means that the first caller does not wait for service models and embeddings to be read."""
        text = {"messages": [{"role": "user", "content": [{"text": "ready"}]}]}
        self.client("bedrock-runtime").count_tokens(modelId="amazon.nova-lite-v1:0", input={"converse": text})
