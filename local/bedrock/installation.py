"""Puts the local Bedrock into moto."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from local.bedrock.brain import Brain
from local.bedrock.control_api import ControlApi
from local.bedrock.guardrails.directory import Deployed, GuardrailDirectory
from local.bedrock.model_directory import ModelDirectory
from local.bedrock.runtime_api import RuntimeApi
from local.bedrock.seams.response_classes import open_response_classes
from local.bedrock.seams.service_routing import open_service_routing

CATALOG = Path(__file__).parents[2] / "catalog" / "models.toml"


def install(
    brain: Brain, *, catalog: Path | None = CATALOG, find_guardrail: Callable[[str], Deployed | None] | None = None
) -> None:
    """Open the seams before the server starts; installing again replaces the brain.

    `catalog`: the `models.toml` whose models are listed and whose capability flags are enforced;
    `find_guardrail`: by id or ARN, those of the deployment unless given.
    """
    models = ModelDirectory.read(catalog)
    guardrails = GuardrailDirectory(find_guardrail or _deployed)
    open_response_classes(RuntimeApi(brain, models, guardrails), ControlApi(models))
    open_service_routing()


def _deployed(identifier: str) -> Deployed | None:
    from local.cloud.seams.guardrail_types import find_guardrail  # the local cloud need not be there without one

    return find_guardrail(identifier)
