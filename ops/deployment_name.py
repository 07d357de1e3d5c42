"""The name of the deployment that this folder's settings describe."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
USUAL = "Quarry"


def configured_name(root: Path = ROOT) -> str:
    """`name` in the settings of cdk.json; `Quarry` where there is no such file."""
    try:
        return str(json.loads((root / "cdk.json").read_text(encoding="utf-8"))["context"]["quarry"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return USUAL
