"""Embeds the texts of an API request; what is wrong with one of them is said with its place in the request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.errors import FieldError, InvalidInputError, TextTooLongError, UnknownModelError
from lambdas.shared.domain.text_embedder import EmbeddingRequest, InputType
from lambdas.shared.services.metered_embeddings import EMBEDDING, EmbeddedTexts, MeteredEmbeddings
from lambdas.shared.services.metered_models import CallPurpose


class Asked(NamedTuple):
    """Who asks for which model. `operation` is what the ledger shows, e.g. `embeddings.search`; `model` may be an
    alias, None = the deployment's default."""

    caller: Caller
    operation: str
    model: str | None = None
    dimensions: int | None = None


class Spending(NamedTuple):
    """What embedding took. `cost_usd` None = not known."""

    model: str
    dimensions: int
    input_tokens: int
    cost_usd: Decimal | None


class EmbedTexts:
    """`MeteredEmbeddings`, for requests whose fields have JSON pointers."""

    def __init__(self, embeddings: MeteredEmbeddings) -> None:
        self._embeddings = embeddings

    def dimensions(self, asked: Asked) -> int:
        """How long the vectors will be. Raises UnknownModelError and InvalidInputError."""
        try:
            return self._embeddings.dimensions(asked.model or EMBEDDING, asked.dimensions)
        except UnknownModelError as error:
            raise UnknownModelError(str(error), errors=(FieldError("/model", str(error)),)) from error

    def embed(
        self, asked: Asked, texts: Sequence[str], *, input_type: InputType, pointer: Callable[[int], str]
    ) -> EmbeddedTexts:
        """`pointer(i)` is where `texts[i]` stands in the request. Raises what `MeteredEmbeddings.embed` does."""
        self.dimensions(asked)
        check_not_blank(texts, pointer)
        caller = asked.caller
        purpose = CallPurpose(caller.tenant, caller.client, caller.subject, asked.operation, f"{len(texts)} texts")
        request = EmbeddingRequest(asked.model or EMBEDDING, texts, input_type, asked.dimensions)
        try:
            return self._embeddings.embed(request, purpose)
        except TextTooLongError as error:
            where = pointer(error.index)
            raise TextTooLongError(
                f"{where}: {error}", index=error.index, errors=(FieldError(where, str(error)),)
            ) from error


def check_not_blank(texts: Sequence[str], pointer: Callable[[int], str]) -> None:
    """Raises InvalidInputError that names every blank text."""
    blank = [pointer(index) for index, text in enumerate(texts) if not text.strip()]
    if blank:
        detail = "must not be blank; leave it out or give it words"
        raise InvalidInputError(f"{blank[0]}: {detail}.", errors=tuple(FieldError(each, detail) for each in blank))


def spending(*parts: EmbeddedTexts) -> Spending:
    """What all parts, of one model, took together."""
    costs = [part.cost_usd for part in parts if part.cost_usd is not None]
    known = len(costs) == len(parts)
    tokens = sum(part.input_tokens for part in parts)
    return Spending(parts[0].model, parts[0].dimensions, tokens, sum(costs, Decimal(0)) if known else None)
