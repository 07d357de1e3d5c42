"""Puts the local Bedrock into moto."""

from __future__ import annotations

from pathlib import Path

from local.bedrock.brain import Brain
from local.bedrock.control_api import ControlApi
from local.bedrock.model_directory import ModelDirectory
from local.bedrock.runtime_api import RuntimeApi
from local.bedrock.seams.response_classes import open_response_classes
from local.bedrock.seams.service_routing import open_service_routing

CATALOG = Path(__file__).parents[2] / "catalog" / "models.toml"


def install(brain: Brain, *, catalog: Path | None = CATALOG) -> None:
    """Open the seams before the server starts; installing again replaces the brain.

    `catalog`: the `models.toml` whose models are listed and whose capability flags are enforced.
    """
    models = ModelDirectory.read(catalog)
    open_response_classes(RuntimeApi(brain, models), ControlApi(models))
    open_service_routing()
