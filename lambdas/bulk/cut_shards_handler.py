"""Makes the plan of a round: the state "Cut shards"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lambdas.bulk.run_step import State, run_step
from lambdas.bulk.run_wiring import run_parts
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.bulk.cut_shards import CutShards


@dataclass(frozen=True, slots=True)
class Settings:
    bulk_table: str
    results_bucket: str


@cache
def build_service() -> CutShards:
    return CutShards(**run_parts(load_settings(Settings)))


def cut(state: State) -> dict[str, Any]:
    """The plan is a file; nothing of it is in the state."""
    build_service().step(state["run_id"])
    return {}


handler = run_step(cut)
