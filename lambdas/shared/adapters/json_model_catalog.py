"""Reads the compiled catalogue (catalog/compiled.json) and joins it with the deployment's `models` setting."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from lambdas.shared.domain.guardrail import GuardrailPrices
from lambdas.shared.domain.model_card import ModelCard, card_from_record
from lambdas.shared.domain.model_catalog import ModelCatalog

# In a function and in the source tree alike, catalog/ stands beside lambdas/.
COMPILED_CATALOG = Path(__file__).parents[3] / "catalog" / "compiled.json"


class DeployedModels(msgspec.Struct, forbid_unknown_fields=True):
    """The `models` setting: alias -> model or profile id, and further ids that may be called."""

    aliases: dict[str, str] = {}
    allowed: list[str] = []


@cache
def load_catalog(models_json: str, path: Path = COMPILED_CATALOG) -> ModelCatalog:
    """The catalogue for this deployment; read once per process.

    Raises FileNotFoundError before the first synth, msgspec.ValidationError for a malformed setting.
    """
    models = msgspec.json.decode(models_json, type=DeployedModels)
    return ModelCatalog(
        load_cards(path), aliases=models.aliases, allowed=models.allowed, guardrail_prices=load_guardrail_prices(path)
    )


@cache
def load_cards(path: Path = COMPILED_CATALOG) -> tuple[ModelCard, ...]:
    """Every card of the compiled catalogue."""
    return tuple(card_from_record(record) for record in _compiled(path)["models"])


def load_guardrail_prices(path: Path = COMPILED_CATALOG) -> GuardrailPrices:
    """What the guardrail's assessments cost; a price that is not known stays None."""
    record: dict[str, str] = _compiled(path).get("guardrail", {})
    texts = ("as_of", "source")
    fields: dict[str, Any] = {name: each if name in texts else Decimal(each) for name, each in record.items()}
    return GuardrailPrices(**fields)


@cache
def _compiled(path: Path) -> dict[str, Any]:
    try:
        compiled: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path} does not exist; synthesizing the app compiles it") from error
    return compiled
