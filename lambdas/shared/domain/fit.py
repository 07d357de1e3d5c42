"""Fits a request to a model by its card: what the model does not take is left out and named, never sent."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lambdas.shared.domain.chat_model import ChatRequest, SamplingParameters
from lambdas.shared.domain.errors import ContextTooLongError
from lambdas.shared.domain.model_card import Capabilities, ModelCard
from lambdas.shared.domain.tokens import MOST_TOKENS_PER_CHARACTER, estimate_tokens

# Roles, separators and templates around a message; no provider charges more than this for them.
TOKENS_PER_MESSAGE = 8


@dataclass(frozen=True, slots=True)
class PlacedParameters(SamplingParameters):
    """Parameters of a fitted request that keeps `top_k`: Converse has no common field for it, `top_k_field` says
    where this model wants it (a dotted path below additionalModelRequestFields)."""

    top_k_field: str = ""


def fit(request: ChatRequest, card: ModelCard) -> tuple[ChatRequest, tuple[str, ...]]:
    """The request as the model takes it, and the names of what was ignored or lowered, in the order temperature,
    top_p, top_k, max_tokens, stop_sequences.

    Raises ContextTooLongError when the estimated input is beyond the model's context window.
    """
    _check_length(request, card)
    parameters, ignored = _fit_parameters(request.parameters, card)
    fitted = replace(request, parameters=parameters) if ignored or parameters is not request.parameters else request
    if fitted.system and not card.capabilities.system:
        fitted = _fold_system(fitted)
    return fitted, ignored


def _check_length(request: ChatRequest, card: ModelCard) -> None:
    limit = card.context_tokens
    if limit is None or _most_tokens(request) <= limit:  # true of nearly every chat, and costs nothing to see
        return
    tokens = estimate_input_tokens(request)
    if tokens > limit:
        raise ContextTooLongError(f"the request is about {tokens} tokens long; {card.id} takes {limit}. Shorten it.")


def _most_tokens(request: ChatRequest) -> int:
    characters = len(request.system or "") + sum([len(message.text) for message in request.messages])
    return MOST_TOKENS_PER_CHARACTER * characters + TOKENS_PER_MESSAGE * (len(request.messages) + 1)


def estimate_input_tokens(request: ChatRequest) -> int:
    """Conservative estimate of what the request's texts cost as input tokens."""
    texts = sum(estimate_tokens(message.text) + TOKENS_PER_MESSAGE for message in request.messages)
    return texts + (estimate_tokens(request.system) + TOKENS_PER_MESSAGE if request.system else 0)


_DEFAULTS = SamplingParameters()


def _fit_parameters(wanted: SamplingParameters, card: ModelCard) -> tuple[SamplingParameters, tuple[str, ...]]:
    if wanted == _DEFAULTS:
        return wanted, ()
    takes = card.capabilities
    limit = card.max_output_tokens
    too_many = wanted.max_tokens is not None and limit is not None and wanted.max_tokens > limit
    ignored = []
    if wanted.temperature is not None and not takes.temperature:
        ignored.append("temperature")
    if wanted.top_p is not None and not _takes_top_p(wanted, takes):
        ignored.append("top_p")
    if wanted.top_k is not None and takes.top_k_field is None:
        ignored.append("top_k")
    if too_many:
        ignored.append("max_tokens")
    if wanted.stop_sequences and not takes.stop_sequences:
        ignored.append("stop_sequences")
    kept = SamplingParameters(
        temperature=None if "temperature" in ignored else wanted.temperature,
        top_p=None if "top_p" in ignored else wanted.top_p,
        max_tokens=limit if too_many else wanted.max_tokens,
        stop_sequences=() if "stop_sequences" in ignored else wanted.stop_sequences,
    )
    return _place_top_k(kept, wanted.top_k, takes.top_k_field), tuple(ignored)


def _takes_top_p(wanted: SamplingParameters, takes: Capabilities) -> bool:
    """Where a model takes only one of the two, temperature is kept: it is what people set on purpose."""
    alone = wanted.temperature is None or not takes.temperature
    return takes.top_p and (alone or bool(takes.both_temperature_and_top_p))


def _place_top_k(kept: SamplingParameters, top_k: int | None, field: str | None) -> SamplingParameters:
    if top_k is None or field is None:
        return kept
    return PlacedParameters(
        temperature=kept.temperature,
        top_p=kept.top_p,
        top_k=top_k,
        max_tokens=kept.max_tokens,
        stop_sequences=kept.stop_sequences,
        top_k_field=field,
    )


def _fold_system(request: ChatRequest) -> ChatRequest:
    """For models without a system prompt: the instructions open the first user message."""
    first, *rest = request.messages
    folded = replace(first, text=f"{request.system}\n\n{first.text}")
    return replace(request, system=None, messages=(folded, *rest))
