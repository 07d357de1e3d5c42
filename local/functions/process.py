"""A function's process: started, watched, and ended together with everything that it has started itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from local.functions.command import command_line, process_environment
from local.functions.definition import FunctionDefinition
from local.functions.process_guard import ProcessGuard
from local.functions.process_log import forward_output
from local.functions.running_processes import RunningProcesses

_SECONDS_TO_END = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What all environments of one host share. `init_seconds` bounds the time until a process asks for work."""

    endpoint_url: str
    log: Callable[[str], None]
    guard: ProcessGuard
    init_seconds: float
    running: RunningProcesses = field(default_factory=RunningProcesses)


class FunctionProcess:
    """Running from its construction on; raises `OSError` if it cannot start. `on_exit` gets the exit code."""

    def __init__(
        self, definition: FunctionDefinition, machine: Machine, *, runtime_api: str, on_exit: Callable[[int], None]
    ) -> None:
        instance = uuid.uuid4().hex
        stream = f"{time.strftime('%Y/%m/%d')}/[$LATEST]{instance}"
        self._id, self._running = instance[:8], machine.running
        self._guard = machine.guard
        self._on_exit = on_exit
        self._exited = threading.Event()
        self._process = subprocess.Popen(
            command_line(definition),
            cwd=definition.asset_root,
            env=process_environment(
                definition,
                runtime_api=runtime_api,
                endpoint_url=machine.endpoint_url,
                log_stream=stream,
                process=self._id,
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the host, which then ends its processes in order
        )
        self._guard.add(self._process.pid)
        self._running.add(self._id, self._crash)
        if self._process.stdout is not None:
            forward_output(self._process.stdout, definition.label, machine.log)
        threading.Thread(target=self._watch, name=f"watch-{definition.label}", daemon=True).start()

    def terminate(self) -> None:
        """Ask it to end; it is killed if it has not ended soon."""
        self._signal(signal.SIGTERM)
        killer = threading.Timer(_SECONDS_TO_END, self.kill)
        killer.daemon = True
        killer.start()

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within `seconds`."""
        return self._exited.wait(seconds)

    def _crash(self) -> None:
        self.kill()
        self.wait(_SECONDS_TO_END)

    def _watch(self) -> None:
        code = self._process.wait()
        self._signal(signal.SIGKILL)  # what the function has started itself must not stay behind
        self._exited.set()
        self._guard.remove(self._process.pid)
        self._running.remove(self._id)
        self._on_exit(code)

    def _signal(self, number: signal.Signals) -> None:
        if not self._exited.is_set():
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, number)
