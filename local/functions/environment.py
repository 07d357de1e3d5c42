"""An execution environment: the life of one process, which serves one invocation at a time."""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Callable
from typing import Protocol

from local.functions import failures
from local.functions.definition import FunctionDefinition
from local.functions.invocation import Invocation
from local.functions.process import FunctionProcess, Machine
from local.functions.process_log import report_line
from local.functions.runtime_api import RuntimeApiServer
from local.functions.source_stamp import SourceStamp

_SECONDS_FOR_EXIT_CODE = 1.0


class Owner(Protocol):
    """The pool that an environment belongs to."""

    def on_free(self, environment: Environment) -> None:
        """The invocation has its answer; the next one may come."""

    def on_gone(self, environment: Environment, undelivered: Invocation | None) -> None:
        """The process has ended. `undelivered` was meant for it while warm, and can run elsewhere."""


class Environment:
    """Cold until `start`; `accept` may come before or after it. The server of its Runtime API calls the rest."""

    def __init__(self, definition: FunctionDefinition, machine: Machine, owner: Owner, stamp: SourceStamp) -> None:
        self.stamp = stamp
        self.idle_since = time.monotonic()
        self._definition, self._machine, self._owner = definition, machine, owner
        self._server: RuntimeApiServer | None = None
        self._process: FunctionProcess | None = None
        self._inbox: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._invocation: Invocation | None = None
        self._retired = self._warm = False
        self._began = time.monotonic()
        self._init_error: bytes | None = None
        self._init_seconds: float | None = None
        self._timer: threading.Timer | None = None

    def start(self) -> None:
        """Start the process; a failure to start is the waiting invocation's answer, never an exception."""
        self._server = RuntimeApiServer(self)
        self._set_timer(self._machine.init_seconds, self._init_timed_out)
        try:
            process = FunctionProcess(
                self._definition, self._machine, runtime_api=self._server.address, on_exit=self._exited
            )
        except OSError as error:
            self._log(f"cannot start: {error}")
            self._init_error = failures.cannot_start(error)
            return self._exited(1)
        with self._lock:
            self._process = process
        if self._retired:
            process.terminate()
        return None

    def accept(self, invocation: Invocation) -> bool:
        """Take an invocation as soon as the process asks for one; False if it is ending."""
        with self._lock:
            if self._retired:
                return False
            self._invocation = invocation
        self._inbox.put(invocation)
        return True

    def retire(self, *, kill: bool = False) -> None:
        """Take no more work and end the process."""
        with self._lock:
            self._retired = True
            process = self._process
        if process is not None:
            if kill:
                process.kill()
            else:
                process.terminate()

    def shut_down(self) -> None:
        """End because the host stops; an invocation in progress is answered with that."""
        with self._lock:
            invocation = self._invocation
        if invocation is not None:
            invocation.finish(failures.shut_down(invocation.request_id))
        self.retire()

    def wait(self, seconds: float) -> None:
        """Wait for the process's end, by force if it does not come in time."""
        if self._process is not None and not self._process.wait(seconds):
            self._process.kill()
            self._process.wait(seconds)

    # --- called by the server of the Runtime API

    def next_invocation(self) -> tuple[Invocation, dict[str, str]] | None:
        if not self._warm:
            self._cancel_timer()
            self._warm, self._init_seconds = True, time.monotonic() - self._began
        invocation = self._inbox.get()
        if invocation is None:
            return None
        timeout = self._definition.timeout_seconds
        invocation.delivered, self._began = True, time.monotonic()
        self._set_timer(timeout, lambda: self._timed_out(invocation))
        trace = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Parent={uuid.uuid4().hex[:16]};Sampled=0"
        return invocation, {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + timeout) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self._definition.arn,
            "Lambda-Runtime-Trace-Id": trace,
        }

    def current(self, request_id: str) -> Invocation | None:
        invocation = self._invocation
        return invocation if invocation is not None and invocation.request_id == request_id else None

    def answered(self, invocation: Invocation, error: bytes | None) -> None:
        # free before the caller hears of it: its next call shall find this process warm
        with self._lock:
            self._invocation = None
        self.idle_since = time.monotonic()
        self._cancel_timer()
        self._owner.on_free(self)
        self._finish(invocation, error)

    def answered_too_much(self, invocation: Invocation) -> None:
        # AWS's runtime client takes the 413 as fatal and ends itself, so this environment is not offered again
        self._finish(invocation, failures.response_too_large())
        self.retire()

    def broke_off(self, invocation: Invocation) -> None:
        # a crash is better told by its exit code than by its broken connection
        if self._process is None or not self._process.wait(_SECONDS_FOR_EXIT_CODE):
            self._finish(invocation, failures.truncated(invocation.request_id))
            self.retire()

    def init_failed(self, error: bytes) -> None:
        self._init_error = error

    # --- ends

    def _exited(self, exit_code: int) -> None:
        with self._lock:
            self._retired = True
            invocation, self._invocation = self._invocation, None
        self._cancel_timer()
        self._inbox.put(None)
        undelivered = None
        if invocation is not None and self._warm and not invocation.delivered:
            undelivered = invocation
        elif invocation is not None:
            self._finish(invocation, self._init_error or failures.exited(invocation.request_id, exit_code))
        self._owner.on_gone(self, undelivered)
        if self._server is not None:
            self._server.close()

    def _finish(self, invocation: Invocation, error: bytes | None) -> bool:
        self._cancel_timer()
        seconds, init_seconds, self._init_seconds = time.monotonic() - self._began, self._init_seconds, None
        ended = invocation.finish(error)
        if ended:
            self._log(report_line(invocation.request_id, seconds=seconds, init_seconds=init_seconds, error=error))
        return ended

    def _timed_out(self, invocation: Invocation) -> None:
        if self._finish(invocation, failures.timed_out(invocation.request_id, self._definition.timeout_seconds)):
            self.retire(kill=True)

    def _init_timed_out(self) -> None:
        self._log(f"init timed out after {self._machine.init_seconds:.2f} seconds")
        self._init_error = failures.init_timed_out(self._machine.init_seconds)
        self.retire(kill=True)

    def _set_timer(self, seconds: float, action: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        self._timer = timer
        timer.start()

    def _cancel_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _log(self, text: str) -> None:
        self._machine.log(f"{self._definition.label} | {text}")
