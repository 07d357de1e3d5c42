"""Checks that the deployment's models are in the catalogue and can be called the way they are named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stacks.components.model_access import GEOGRAPHIES
from stacks.setting_rules import refuse
from stacks.settings import KEY, DeploymentSettings


def check_models(settings: DeploymentSettings, compiled_catalog: Path) -> None:
    """Raises SettingsError: a typing error in a model id would otherwise show at the first chat after a deploy."""
    cards = {card["id"]: card for card in json.loads(compiled_catalog.read_text(encoding="utf-8"))["models"]}
    for path, model_id, kind in _named(settings):
        prefix, _, rest = model_id.partition(".")
        profile = prefix if prefix == "global" or prefix in GEOGRAPHIES else ""
        card = cards.get(rest if profile else model_id)
        if card is None:
            raise refuse(path, f'is "{model_id}", which catalog/models.toml does not have; correct it or add the model')
        if card["kind"] != kind:
            raise refuse(path, f'is "{model_id}", a model for {card["kind"]}; name one for {kind}')
        if kind == "embedding" and "embedding_format" not in card:
            raise refuse(path, f'is "{model_id}", which has no embedding_format in catalog/models.toml; name another')
        profiles = sorted(card.get("profiles", {}))
        if profile and profile not in profiles:
            raise refuse(path, f'is "{model_id}", but the model has only the profiles: {", ".join(profiles) or "none"}')
        if not profile and not card["on_demand"]:
            choices = ", ".join(f"{each}.{model_id}" for each in profiles)
            raise refuse(path, f'is "{model_id}", which is only called through a profile; use one of: {choices}')
    if settings.has_knowledge_base:
        _check_dimensions(settings, cards)


def _check_dimensions(settings: DeploymentSettings, cards: Mapping[str, Any]) -> None:
    """A Knowledge Base names its embedding model by itself, not through a profile, and of its dimensions one."""
    model, path = settings.knowledge_embedding_model, f"{KEY}.knowledge_embedding_model"
    if model not in cards:
        raise refuse(path, f'is "{model}"; a Knowledge Base takes a model without a profile in front')
    known = cards[model].get("dimensions", [])
    if settings.knowledge_dimensions not in known:
        choices = ", ".join(str(each) for each in known) or "none that catalog/models.toml knows"
        remedy = f"is {settings.knowledge_dimensions}; {model} makes vectors of: {choices}"
        raise refuse(f"{KEY}.knowledge_dimensions", remedy)


def _named(settings: DeploymentSettings) -> Iterator[tuple[str, str, str]]:
    """Where a model is named, its id, and what it has to be for."""
    for name in ("fast", "balanced", "best"):
        yield f"{KEY}.models.aliases.{name}", getattr(settings.models.aliases, name), "chat"
    yield f"{KEY}.embedding_models.default", settings.embedding_models.default, "embedding"
    if settings.has_knowledge_base:
        yield f"{KEY}.knowledge_embedding_model", settings.knowledge_embedding_model, "embedding"
    if settings.rag.reranks:
        yield f"{KEY}.rag.rerank_model", settings.rag.rerank_model, "rerank"
    for setting, kind in (("models", "chat"), ("embedding_models", "embedding")):
        for index, each in enumerate(getattr(settings, setting).allowed):
            yield f"{KEY}.{setting}.allowed[{index}]", each, kind
