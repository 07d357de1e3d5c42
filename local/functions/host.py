"""All functions of a deployment behind the three ways to call them: synchronous, streaming, asynchronous."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from local.deployment import Deployment
from local.functions.definition import read_definitions
from local.functions.failures import REQUEST_LIMIT_BYTES
from local.functions.invocation import Invocation, StreamedInvoke
from local.functions.pool import EnvironmentPool
from local.functions.process import Machine
from local.functions.process_guard import ProcessGuard
from local.functions.process_log import one_at_a_time
from local.functions.results import InvokeRefusedError, InvokeResult, error_type_of

_SECONDS_BETWEEN_SWEEPS = 15.0
_SECONDS_TO_CLOSE = 3.0
# AWS waits one and two minutes between the three attempts of an asynchronous invocation; here nobody wants to
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
_SECONDS_BEFORE_RETRY = (1.0, 2.0)


class FunctionHost:
    """Starts nothing until the first call. Functions are named by name or ARN.

    `log` gets one line at a time, from changing threads. `max_environments` bounds the concurrency of each function,
    `init_seconds` the time from a process's start to its first request for work: Lambda's 10 seconds, and more
    room for a laptop that starts everything at once. Idle processes end after `idle_seconds`.
    """

    def __init__(
        self,
        deployment: Deployment,
        *,
        endpoint_url: str,
        log: Callable[[str], None],
        max_environments: int = 32,
        init_seconds: float = 30.0,
        idle_seconds: float = 300.0,
    ) -> None:
        self.log = one_at_a_time(log)
        self._guard = ProcessGuard()
        machine = Machine(endpoint_url=endpoint_url, log=self.log, guard=self._guard, init_seconds=init_seconds)
        self._machine = machine
        self._pools = {
            name: EnvironmentPool(definition, machine, limit=max_environments)
            for name, definition in read_definitions(deployment).items()
        }
        self._idle_seconds = idle_seconds
        self._closing = threading.Event()
        threading.Thread(target=self._sweep, name="lambda-sweep", daemon=True).start()

    def invoke(self, function_name: str, payload: bytes, *, wait_seconds: float | None = None) -> InvokeResult:
        """Run the function and wait for its whole answer.

        A function's own error is a result with `error` set. Raises `InvokeRefusedError` where Lambda would refuse
        (unknown function, payload over 6 MB, throttled), and `TimeoutError` after `wait_seconds`; the function then
        goes on nevertheless.
        """
        return self._dispatch(function_name, payload).result(wait_seconds)

    def invoke_streaming(self, function_name: str, payload: bytes) -> StreamedInvoke:
        """Run the function and read its answer as it comes; refusals as in `invoke`."""
        return StreamedInvoke(self._dispatch(function_name, payload))

    def invoke_async(self, function_name: str, payload: bytes) -> None:
        """Run the function in the background, with two retries after an error, as Lambda does for events."""
        self._pool(function_name)  # an unknown function is the caller's error, not the background's
        threading.Thread(
            target=self._run_event, args=(function_name, payload), name="lambda-event", daemon=True
        ).start()

    def prepare(self, function_name: str) -> None:
        """Start a process for a function that has none: a call is about to come. Only a hint: it never fails."""
        with contextlib.suppress(InvokeRefusedError):
            self._pool(function_name).prepare()

    def kill_process(self, process: str) -> bool:
        """End a process of that id at once, as a crash would; False if none is running."""
        return self._machine.running.kill(process)

    def close(self) -> None:
        """End all processes; returns when none is left. Calls in progress are answered with an error."""
        self._closing.set()
        ending = [environment for pool in self._pools.values() for environment in pool.close()]
        end = time.monotonic() + _SECONDS_TO_CLOSE
        for environment in ending:
            environment.wait(max(0.1, end - time.monotonic()))
        self._guard.close()

    def _dispatch(self, function_name: str, payload: bytes) -> Invocation:
        pool = self._pool(function_name)
        if len(payload) > REQUEST_LIMIT_BYTES:
            raise InvokeRefusedError(
                "RequestEntityTooLargeException",
                413,
                f"{len(payload)} byte payload is too large for the RequestResponse invocation type "
                f"(limit {REQUEST_LIMIT_BYTES} bytes)",
            )
        invocation = Invocation(payload)
        pool.dispatch(invocation)
        return invocation

    def _pool(self, function_name: str) -> EnvironmentPool:
        words = function_name.split(":")
        name = words[6] if words[0] == "arn" and len(words) > 6 else words[0]
        try:
            return self._pools[name]
        except KeyError:
            raise InvokeRefusedError(
                "ResourceNotFoundException", 404, f"Function not found, or not one that runs here: {function_name}"
            ) from None

    def _run_event(self, function_name: str, payload: bytes) -> None:
        for pause in (*_SECONDS_BEFORE_RETRY, None):
            try:
                result = self.invoke(function_name, payload)
                failure = result.payload if result.error else None
            except InvokeRefusedError as refusal:
                failure = refusal.payload
            if failure is None or pause is None or self._closing.wait(pause):
                break
        if failure is not None and not self._closing.is_set():
            self.log(f"{function_name} | event given up after three attempts: {error_type_of(failure)}")

    def _sweep(self) -> None:
        while not self._closing.wait(min(_SECONDS_BETWEEN_SWEEPS, self._idle_seconds)):
            for pool in self._pools.values():
                pool.end_idle(self._idle_seconds)
