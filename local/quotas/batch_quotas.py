"""The quotas of Bedrock's batch inference, one set per model, named in AWS's prose."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("batch_models.toml")
# kind -> (name, default value, adjustable)
_KINDS: Mapping[str, tuple[str, float, bool]] = {
    "minimum_records": ("Minimum number of records per batch inference job for {model}", 100, False),
    "records_per_file": ("Records per input file per batch inference job for {model}", 50_000, True),
    "records_per_job": ("Records per batch inference job for {model}", 50_000, True),
    "file_gb": ("Batch inference input file size (in GB) for {model}", 1, False),
    "job_gb": ("Batch inference job size (in GB) for {model}", 5, False),
    "concurrent_jobs": (
        "Sum of in-progress and submitted batch inference jobs using a base model for {model}",
        20,
        True,
    ),
}
KINDS = tuple(_KINDS)
_UNIT = " (in GB)"


@dataclass(frozen=True, slots=True)
class Quota:
    """One row of Service Quotas; `value` is the default of AWS, sizes in GB."""

    code: str
    name: str
    value: float
    adjustable: bool
    kind: str
    model_id: str


@cache
def batch_quotas() -> tuple[Quota, ...]:
    """All of them, as `batch_models.toml` and the defaults of AWS have it."""
    tables: list[dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["models"]
    return tuple(quota for table in tables for quota in _of_model(table))


def _of_model(table: Mapping[str, Any]) -> Iterator[Quota]:
    for kind, (pattern, default, adjustable) in _KINDS.items():
        name = pattern.format(model=table["label"])
        if table.get("late_unit") and _UNIT in name:
            name = name.replace(_UNIT, "") + _UNIT
        code = table.get("codes", {}).get(kind) or "L-" + hashlib.sha256(name.encode()).hexdigest()[:8].upper()
        yield Quota(code, name, float(table.get(kind, default)), adjustable, kind, table["id"])
