"""Adds a run up and proves that every id has ended: the state "Write report"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lambdas.bulk.round_wiring import round_parts
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.workflow_step import State, workflow_step
from lambdas.shared.services.bulk.write_report import WriteReport


@dataclass(frozen=True, slots=True)
class Settings:
    bulk_table: str
    results_bucket: str


@cache
def build_service() -> WriteReport:
    return WriteReport(**round_parts(load_settings(Settings)))


def report(state: State) -> dict[str, Any]:
    """The report is a file; nothing of it is in the state."""
    build_service().step(state["run_id"])
    return {}


handler = workflow_step(report)
