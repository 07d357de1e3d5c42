"""The models that the local Bedrock lists, and what it knows of any model id that is asked for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PREFIXES = ("global", "us-gov", "us", "eu", "apac", "jp", "au", "ca", "in", "sa", "me")
PROVIDERS = {
    "ai21": "AI21 Labs", "amazon": "Amazon", "anthropic": "Anthropic", "cohere": "Cohere", "deepseek": "DeepSeek",
    "google": "Google", "luma": "Luma AI", "meta": "Meta", "minimax": "MiniMax", "mistral": "Mistral AI",
    "moonshot": "Moonshot AI", "moonshotai": "Moonshot AI", "nvidia": "NVIDIA", "openai": "OpenAI", "qwen": "Qwen",
    "stability": "Stability AI", "twelvelabs": "TwelveLabs", "writer": "Writer", "zai": "Z.AI",
}  # fmt: skip
# What a fresh checkout without a catalogue still lists.
WELL_KNOWN = ("amazon.nova-micro-v1:0", "amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0", "amazon.nova-2-lite-v1:0",
              "anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0",
              "amazon.titan-embed-text-v1", "amazon.titan-embed-text-v2:0")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Model:
    """One foundation model. `facts` is its table in the catalogue; empty for an id that stands in none."""

    model_id: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def provider(self) -> str:
        """The id's first part, e.g. `anthropic`."""
        return self.model_id.split(".", 1)[0]

    @property
    def embeds(self) -> bool:
        """Whether it makes vectors instead of text."""
        return self.facts.get("kind") == "embedding" or "embed" in self.model_id

    @property
    def max_output_tokens(self) -> int | None:
        """None = unknown."""
        return self._number("max_output_tokens")

    @property
    def context_tokens(self) -> int | None:
        """None = unknown."""
        return self._number("context_tokens")

    @property
    def profiles(self) -> tuple[str, ...]:
        """Prefixes of its inference profiles, e.g. `("us", "global")`."""
        return tuple(self.facts.get("profiles", ()))

    def refuses(self, capability: str) -> bool:
        """Whether the catalogue says `capability = false`; what it does not say is accepted."""
        return self._capabilities.get(capability) is False

    def takes(self, parameter: str) -> bool:
        """Whether it accepts `temperature` or `top_p`."""
        sampling = self._capabilities.get("sampling", True)
        return parameter in sampling if isinstance(sampling, list | tuple) else bool(sampling)

    @property
    def top_k_field(self) -> str | None:
        """Where `top_k` goes below `additionalModelRequestFields`, dotted; "*" = this model is not in the catalogue."""
        if not self._capabilities:
            return "*"
        field_name = self._capabilities.get("top_k_field")
        return str(field_name) if field_name else None

    @property
    def _capabilities(self) -> Mapping[str, Any]:
        found = self.facts.get("capabilities", {})
        return found if isinstance(found, Mapping) else {}

    def _number(self, name: str) -> int | None:
        value = self.facts.get(name)
        return value if isinstance(value, int) else None


class ModelDirectory:
    """Knows the catalogue's models, and answers for any other id as well: tutorials are full of retired ones."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = dict(models)

    @classmethod
    def read(cls, catalog: Path | None) -> ModelDirectory:
        """From a `models.toml`; a missing or unreadable one leaves the well-known few."""
        try:
            data = tomllib.loads(catalog.read_text(encoding="utf-8")) if catalog else {}
        except (OSError, tomllib.TOMLDecodeError):
            data = {}
        models = {model.model_id: model for model in _models_in(data)}
        return cls(models or {name: Model(name) for name in WELL_KNOWN})

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models.values())

    def find(self, identifier: str) -> Model:
        """The model behind an id, a profile id or an ARN of either."""
        model_id = foundation_model_id(identifier)
        return self._models.get(model_id) or self._by_family(model_id) or Model(model_id)

    def knows(self, identifier: str) -> bool:
        """Whether the id stands in the catalogue, or at least names a provider of Bedrock's."""
        model_id = foundation_model_id(identifier)
        return model_id in self._models or ("." in model_id and model_id.split(".", 1)[0] in PROVIDERS)

    def _by_family(self, model_id: str) -> Model | None:
        """`x.y-v1:0:8k` is `x.y-v1:0` with another window."""
        shorter = re.sub(r":\d+k$", "", model_id)
        found = self._models.get(shorter)
        return Model(model_id, found.facts) if found else None


def foundation_model_id(identifier: str) -> str:
    """`us.amazon.x`, or an ARN of a model or a profile -> `amazon.x`; other identifiers come back as they are."""
    name = identifier.rsplit("/", 1)[-1]
    head, _, rest = name.partition(".")
    return rest if head in PREFIXES and "." in rest else name


def _models_in(data: Mapping[str, Any]) -> Iterator[Model]:
    tables = data.get("models", [])
    for table in tables if isinstance(tables, list) else []:
        if isinstance(table, Mapping) and isinstance(table.get("id"), str):
            yield Model(table["id"], table)
