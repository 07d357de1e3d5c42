"""Says what a run's workflow does next, and over which items: the state "Advance run"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from lambdas.bulk.round_wiring import round_parts
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.bulk.advance_run import AdvanceRun
from lambdas.shared.services.bulk.step_items import WriteStepItems


@dataclass(frozen=True, slots=True)
class Settings:
    bulk_table: str
    results_bucket: str


class Service(NamedTuple):
    advance: AdvanceRun
    items: WriteStepItems


@cache
def build_service() -> Service:
    parts = round_parts(load_settings(Settings))
    return Service(AdvanceRun(**parts), WriteStepItems(**parts))


def advance(state: State) -> dict[str, Any]:
    """`tries` counts how often the same step of the same round has come before: the state machine gives up on one
    that gets nowhere."""
    service = build_service()
    step = service.advance.step(state["run_id"])
    items = service.items.step(state["run_id"], step)
    before = state.get("advanced", {})
    again = (before.get("step"), before.get("round")) == (step.value, items.round)
    return {"step": step.value, **items._asdict(), "tries": before["tries"] + 1 if again else 0}


handler = workflow_step(advance)
