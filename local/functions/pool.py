"""The execution environments of one function: reused while warm, made when all are busy, ended when idle or stale."""

from __future__ import annotations

import threading
import time

from local.functions.definition import FunctionDefinition
from local.functions.environment import Environment
from local.functions.failures import shut_down
from local.functions.invocation import Invocation
from local.functions.process import Machine
from local.functions.results import InvokeRefusedError
from local.functions.source_stamp import source_stamp


class EnvironmentPool:
    """`limit` is the most environments that may work at the same time; a call beyond it is throttled."""

    def __init__(self, definition: FunctionDefinition, machine: Machine, *, limit: int) -> None:
        reserved = definition.reserved_concurrency
        self._limit = limit if reserved is None else min(limit, reserved)
        self._definition, self._machine = definition, machine
        self._lock = threading.Lock()
        self._idle: list[Environment] = []
        self._busy: set[Environment] = set()
        self._alive: set[Environment] = set()
        self._stamp = 0
        self._closed = False

    def dispatch(self, invocation: Invocation) -> None:
        """Give the invocation to a warm environment, or to a new one; `InvokeRefusedError` when throttled."""
        self._retire_stale()
        with self._lock:
            if self._take_idle(invocation):
                return
            if self._closed:
                invocation.finish(shut_down(invocation.request_id))
                return
            if len(self._busy) >= self._limit:
                raise InvokeRefusedError("TooManyRequestsException", 429, "Rate Exceeded.")
            environment = self._new()
            self._busy.add(environment)
            environment.accept(invocation)
        environment.start()

    def prepare(self) -> None:
        """Start an environment ahead of the first call, if there is none at all."""
        self._retire_stale()
        with self._lock:
            if self._closed or self._idle or self._busy or self._limit == 0:
                return
            environment = self._new()
            self._idle.append(environment)
        environment.start()

    def end_idle(self, seconds: float) -> None:
        """End the environments that had nothing to do for that long."""
        now = time.monotonic()
        with self._lock:
            old = [environment for environment in self._idle if now - environment.idle_since >= seconds]
            self._idle = [environment for environment in self._idle if environment not in old]
        for environment in old:
            environment.retire()

    def close(self) -> list[Environment]:
        """Begin to end all environments; the caller waits for those that are returned."""
        with self._lock:
            self._closed = True
            alive = list(self._alive)
            self._idle.clear()
        for environment in alive:
            environment.shut_down()
        return alive

    def on_free(self, environment: Environment) -> None:
        with self._lock:
            self._busy.discard(environment)
            fresh = environment.stamp == self._stamp and not self._closed
            if fresh:
                self._idle.append(environment)
        if not fresh:
            environment.retire()

    def on_gone(self, environment: Environment, undelivered: Invocation | None) -> None:
        with self._lock:
            self._alive.discard(environment)
            self._busy.discard(environment)
            if environment in self._idle:
                self._idle.remove(environment)
        if undelivered is not None:
            try:
                self.dispatch(undelivered)
            except InvokeRefusedError as refusal:
                undelivered.finish(refusal.payload)

    def _retire_stale(self) -> None:
        stamp = source_stamp(self._definition.asset_root, self._definition.handler)
        with self._lock:
            self._stamp = stamp
            stale = [environment for environment in self._idle if environment.stamp != stamp]
            self._idle = [environment for environment in self._idle if environment.stamp == stamp]
        for environment in stale:
            environment.retire()

    def _take_idle(self, invocation: Invocation) -> bool:
        while self._idle:
            environment = self._idle.pop()  # the latest used: the others may grow old and be ended
            if environment.accept(invocation):
                self._busy.add(environment)
                return True
        return False

    def _new(self) -> Environment:
        environment = Environment(self._definition, self._machine, self, self._stamp)
        self._alive.add(environment)
        return environment
