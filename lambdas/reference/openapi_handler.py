"""GET /openapi.json: this API's own description, public."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lambdas.shared.runtime.public_document import public_document


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's environment: nothing."""


handler = public_document(
    Path(__file__).resolve().parents[2] / "docs" / "openapi.json", content_type="application/json"
)
