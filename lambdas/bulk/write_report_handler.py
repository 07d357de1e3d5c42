"""Adds a run up and proves that every id has ended: the state "Write report"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lambdas.bulk.run_step import State, run_step
from lambdas.bulk.run_wiring import run_parts
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.bulk.write_report import WriteReport


@dataclass(frozen=True, slots=True)
class Settings:
    bulk_table: str
    results_bucket: str


@cache
def build_service() -> WriteReport:
    return WriteReport(**run_parts(load_settings(Settings)))


def report(state: State) -> dict[str, Any]:
    """The report is a file; nothing of it is in the state."""
    build_service().step(state["run_id"])
    return {}


handler = run_step(report)
