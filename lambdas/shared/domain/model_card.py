"""What the catalogue knows about one model: limits, prices, capabilities, profiles, lifecycle."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple

Kind = Literal["chat", "embedding", "rerank"]
Access = Literal["none", "form", "marketplace"]
EmbeddingFormat = Literal["titan_v1", "titan_v2", "cohere_v3", "cohere_v4", "nova"]

# These are named tuples because a dataclass takes five times as long to define, at every cold start.
_PRICE_NAMES = ("input", "output", "cache_read", "cache_write", "batch_input", "batch_output", "query")


class Prices(NamedTuple):
    """USD per million tokens at profile ratio 1. None = not known, and then the cost is not known either.

    `long_context`: what all tokens of a call cost once its input (cached tokens included) is longer than
    `long_context_over` tokens. `query`: USD of one query of a rerank model. `as_of` is the ISO day on which `source`
    was read.
    """

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    batch_input: Decimal | None = None
    batch_output: Decimal | None = None
    query: Decimal | None = None
    as_of: str = ""
    source: str = ""
    long_context_over: int | None = None
    long_context: Prices | None = None


class Capabilities(NamedTuple):
    """What the model takes. None = not known, which is treated as no wherever a request is fitted.

    `top_k_field` is the dotted path below Converse's additionalModelRequestFields. `both_temperature_and_top_p`
    says whether one request may carry the two.
    """

    temperature: bool = False
    top_p: bool = False
    top_k_field: str | None = None
    both_temperature_and_top_p: bool | None = None
    stop_sequences: bool | None = None
    system: bool | None = None
    streaming: bool | None = None
    tools: bool | None = None
    forced_tool: bool | None = None
    native_schema: bool | None = None
    strict_tools: bool | None = None
    vision: bool | None = None
    documents: bool | None = None
    prefill: bool | None = None
    reasoning: bool | None = None
    prompt_cache: bool | None = None
    cache_min_tokens: int | None = None


class InferenceProfile(NamedTuple):
    """A system-defined profile: its price relative to the table's, and where it may run (empty = not recorded)."""

    price_ratio: Decimal
    regions: tuple[str, ...] = ()


class ModelCard(NamedTuple):
    """One model. `profiles` maps a prefix (us, eu, global, ...) to its inference profile; token limits count tokens,
    None = not known. `on_demand`: the bare id can be called without a profile. `quota_label`: what Service Quotas calls
    the model in the names of its batch quotas. Of embedding models: `dimensions` that may be asked for, the default
    first; `embedding_format`, the shape of requests (None = not spoken here); `max_text_characters` of one text."""

    id: str
    provider: str
    kind: Kind
    on_demand: bool
    access: Access | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    dimensions: tuple[int, ...] = ()
    prices: Prices = Prices()
    capabilities: Capabilities = Capabilities()
    profiles: Mapping[str, InferenceProfile] | None = None
    status: str | None = None
    eol: date | None = None
    quota_label: str | None = None
    embedding_format: EmbeddingFormat | None = None
    max_text_characters: int | None = None

    @property
    def profile_ids(self) -> tuple[str, ...]:
        """Ids under which the model can be called through a profile, e.g. `us.amazon.nova-lite-v1:0`."""
        return tuple(f"{prefix}.{self.id}" for prefix in self.profiles or {})


def card_from_record(record: Mapping[str, Any]) -> ModelCard:
    """Read one record of the compiled catalogue. It was validated when it was compiled; KeyError and ValueError
    mean that the two have drifted apart."""
    plain = dict(record)
    prices = _prices(plain.pop("prices", {}))
    capabilities = _capabilities(plain.pop("capabilities", {}))
    profiles = {
        prefix: InferenceProfile(Decimal(profile["price_ratio"]), tuple(profile.get("regions", ())))
        for prefix, profile in plain.pop("profiles", {}).items()
    }
    lifecycle = plain.pop("lifecycle", {})
    eol = lifecycle.get("eol")
    return ModelCard(
        **{**plain, "dimensions": tuple(plain.get("dimensions", ()))},
        prices=prices,
        capabilities=capabilities,
        profiles=profiles,
        status=lifecycle.get("status"),
        eol=date.fromisoformat(eol) if eol else None,
    )


def _prices(record: Mapping[str, Any]) -> Prices:
    usd = {name: Decimal(record[name]) for name in _PRICE_NAMES if name in record}
    long_record = record.get("long_context")
    return Prices(
        **usd,
        as_of=record.get("as_of", ""),
        source=record.get("source", ""),
        long_context_over=long_record["over_tokens"] if long_record else None,
        long_context=_prices(long_record) if long_record else None,
    )


def _capabilities(record: Mapping[str, Any]) -> Capabilities:
    stated = dict(record)
    sampling = stated.pop("sampling", ())
    return Capabilities(temperature="temperature" in sampling, top_p="top_p" in sampling, **stated)
