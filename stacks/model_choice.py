"""Checks that the deployment's models are in the catalogue and can be called the way they are named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from stacks.components.model_access import GEOGRAPHIES
from stacks.setting_rules import refuse
from stacks.settings import KEY, DeploymentSettings


def check_models(settings: DeploymentSettings, compiled_catalog: Path) -> None:
    """Raises SettingsError: a typing error in a model id would otherwise show at the first chat after a deploy."""
    cards = {card["id"]: card for card in json.loads(compiled_catalog.read_text(encoding="utf-8"))["models"]}
    for path, model_id in _named(settings):
        prefix, _, rest = model_id.partition(".")
        profile = prefix if prefix == "global" or prefix in GEOGRAPHIES else ""
        card = cards.get(rest if profile else model_id)
        if card is None:
            raise refuse(path, f'is "{model_id}", which catalog/models.toml does not have; correct it or add the model')
        if card["kind"] != "chat":
            raise refuse(path, f'is "{model_id}", a model for {card["kind"]}; name one for chat')
        profiles = sorted(card.get("profiles", {}))
        if profile and profile not in profiles:
            raise refuse(path, f'is "{model_id}", but the model has only the profiles: {", ".join(profiles) or "none"}')
        if not profile and not card["on_demand"]:
            choices = ", ".join(f"{each}.{model_id}" for each in profiles)
            raise refuse(path, f'is "{model_id}", which is only called through a profile; use one of: {choices}')


def _named(settings: DeploymentSettings) -> Iterator[tuple[str, str]]:
    aliases = settings.models.aliases
    yield from ((f"{KEY}.models.aliases.{name}", getattr(aliases, name)) for name in ("fast", "balanced", "best"))
    yield from ((f"{KEY}.models.allowed[{index}]", each) for index, each in enumerate(settings.models.allowed))
