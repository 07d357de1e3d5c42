"""What the children of a distributed map did: moto writes it down together for all of them, and throws it away.

GetExecutionHistory of a map run's ARN, which AWS does not have, answers these events. AWS keeps a history for each
child, which a map run's ListExecutions names; moto has no such executions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (
    DistributedIterationComponent,
)
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from local.cloud.seams.patching import replace

_MAP_RUN = ":mapRun:"


def _kept(original: Callable[..., None]) -> Callable[..., None]:
    def map_run(self: Any, env: Any, eval_input: Any) -> None:
        try:
            original(self, env=env, eval_input=eval_input)
        finally:
            eval_input.map_run_record.child_events = env.event_manager.get_event_history()

    return map_run


def _told(original: Callable[..., Any]) -> Callable[..., Any]:
    def history(self: Any, execution_arn: str) -> Any:
        if _MAP_RUN not in execution_arn:
            return original(self, execution_arn)
        records = (
            execution.exec_worker.env.map_run_record_pool_manager.get(execution_arn)
            for machine in self.state_machines
            for execution in machine.executions
        )
        found = next((record for record in records if record is not None), None)
        return {"events": getattr(found, "child_events", [])}

    return history


@cache
def install() -> None:
    """Keep what children did, and answer it."""
    replace(DistributedIterationComponent, "_map_run", _kept)
    replace(StepFunctionsParserBackend, "get_execution_history", _told)
