"""Executions as AWS has them: named, idempotent by name and input while they run, with their output as JSON.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from local.cloud.seams.patching import replace

# moto looks for the name and adds the execution in two steps; two starters at once would both run.
_starting = threading.Lock()


def _named_once(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(
        self: Any,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: str | None = None,
    ) -> Any:
        if name:
            self._validate_name(name)
        with _starting:
            return original(self, state_machine_arn, name or str(uuid.uuid4()), execution_input or "{}", trace_header)

    return start


def _json_output(original: Callable[[Any], None]) -> Callable[[Any], None]:
    """moto shows an output that is a text without its quotes."""

    def reflect(self: Any) -> None:
        original(self)
        if isinstance(self.execution.output, str):
            self.execution.output = json.dumps(self.execution.output)

    return reflect


def _stopped_for_good(original: Callable[..., None]) -> Callable[..., None]:
    """What a task still reports after StopExecution must not turn ABORTED into FAILED."""

    def set_error(self: Any, error: Any) -> None:
        if not isinstance(self.program_state(), ProgramStopped):
            original(self, error)

    return set_error


@cache
def install() -> None:
    """Wrap StartExecution and the end of an execution."""
    replace(Environment, "set_error", _stopped_for_good)
    replace(BaseExecutionWorkerCommunication, "_reflect_execution_status", _json_output)
    replace(StepFunctionsParserBackend, "start_execution", _named_once)
