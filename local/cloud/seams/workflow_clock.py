"""The clock of state machines: waits, retry pauses and timeouts follow the local time scale."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from types import FunctionType, SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.timeouts.heartbeat import Heartbeat
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import Timeout
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction

from local.clock import scaled
from local.cloud.seams.patching import replace

# Functions run at their real speed whatever the scale is: no timeout shrinks below the longest that one may run.
_SHORTEST_TIMEOUT_SECONDS = 900.0
# A stopped execution is noticed after this at the latest.
_CHECK_SECONDS = 0.5


def scaled_timeout(seconds: float) -> float:
    """Real seconds for a timeout of the definition."""
    return min(seconds, max(scaled(seconds), _SHORTEST_TIMEOUT_SECONDS))


def _pause(env: Any, seconds: float) -> None:
    deadline = time.monotonic() + scaled(seconds)
    while env.is_running() and (left := deadline - time.monotonic()) > 0:
        env.program_state_event.wait(min(left, _CHECK_SECONDS))


def _wait(_: Any) -> Callable[..., None]:
    """moto counts whole seconds only, and would wait for ever for half a second."""
    return lambda self, env, wait_seconds: _pause(env, wait_seconds)


def _retry(original: FunctionType) -> Callable[..., None]:
    """moto sleeps through a retry's pause: StopExecution would not be noticed."""

    def evaluate(self: Any, env: Any) -> None:
        names = {**original.__globals__, "time": SimpleNamespace(sleep=lambda seconds: _pause(env, seconds))}
        FunctionType(original.__code__, names)(self, env)

    return evaluate


def _scaled(original: Callable[..., float]) -> Callable[..., None]:
    def evaluate(self: Any, env: Any) -> None:
        original(self, env)
        env.stack.append(scaled_timeout(env.stack.pop()))

    return evaluate


def _program(original: Callable[..., None]) -> Callable[..., None]:
    def evaluate(self: Any, env: Any) -> None:
        if self.timeout_seconds is not None:
            self.timeout_seconds = SimpleNamespace(timeout_seconds=scaled_timeout(self.timeout_seconds.timeout_seconds))
        original(self, env)

    return evaluate


@cache
def install() -> None:
    """Replace the waits of moto's interpreter."""
    replace(Program, "eval", _program)
    replace(WaitFunction, "_wait_interval", _wait)
    replace(retrier_decl.RetrierDecl, "_eval_body", _retry)
    replace(Timeout, "_eval_body", _scaled)
    replace(Heartbeat, "_eval_body", _scaled)
