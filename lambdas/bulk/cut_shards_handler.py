"""Makes the plan of a round: the state "Cut shards"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lambdas.bulk.round_wiring import round_parts
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.bulk.cut_shards import CutShards


@dataclass(frozen=True, slots=True)
class Settings:
    bulk_table: str
    results_bucket: str


@cache
def build_service() -> CutShards:
    return CutShards(**round_parts(load_settings(Settings)))


def cut(state: State) -> dict[str, Any]:
    """The plan is a file; nothing of it is in the state."""
    build_service().step(state["run_id"])
    return {}


handler = workflow_step(cut)
