"""The wire of the routes that embed and compare texts."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from lambdas.shared.domain.text_embedder import InputType
from lambdas.shared.services.embed_texts import Spending

MAX_TEXTS = 2_048
Text = Annotated[str, Meta(min_length=1)]
Model = Annotated[str, Meta(pattern=r"\S")]
Dimensions = Annotated[int, Meta(ge=1, le=4_096)]


class EmbeddingsBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of POST /embeddings. Without `model` and `dimensions` the deployment's and the model's own apply.
    `input_type`: what the vectors are for; a question is best embedded as `query`."""

    input: Annotated[list[Text], Meta(min_length=1, max_length=MAX_TEXTS)] | Text
    model: Model | None = None
    dimensions: Dimensions | None = None
    input_type: InputType = "document"
    encoding_format: Literal["float", "base64"] = "float"


class SimilarityBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of POST /embeddings/similarity: `source` with `targets`, or `pairs`."""

    source: Text | None = None
    targets: Annotated[list[Text], Meta(min_length=1, max_length=MAX_TEXTS - 1)] | None = None
    pairs: Annotated[list[tuple[Text, Text]], Meta(min_length=1, max_length=MAX_TEXTS // 2)] | None = None
    metric: Literal["cosine", "dot", "euclidean"] = "cosine"
    model: Model | None = None
    dimensions: Dimensions | None = None


class SearchBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of POST /embeddings/search."""

    query: Text
    documents: Annotated[list[Text], Meta(min_length=1, max_length=MAX_TEXTS)]
    top_k: Annotated[int, Meta(ge=1, le=MAX_TEXTS)] = 10
    model: Model | None = None
    dimensions: Dimensions | None = None


class EmbeddingUsage(msgspec.Struct):
    """Tokens of all texts together."""

    input_tokens: int


class Took(msgspec.Struct, kw_only=True):
    """What all answers say of the call. `cost_usd` null = not known."""

    model: str
    dimensions: int
    usage: EmbeddingUsage
    cost_usd: Decimal | None


class EmbeddingsAnswer(Took, kw_only=True):
    """`embeddings[i]` is of `input[i]`: numbers, or base64 of little-endian float32."""

    embeddings: list[list[float] | str]


class SimilarityAnswer(Took, kw_only=True):
    """One score for each target or pair, in their order. `cosine` and `dot`: more is nearer; `euclidean`: less is."""

    metric: Literal["cosine", "dot", "euclidean"]
    scores: list[float]


class SearchResult(msgspec.Struct):
    """A document by its place in the request. `score`: its cosine with the query."""

    index: int
    score: float
    text: str


class SearchAnswer(Took, kw_only=True):
    """Best first."""

    results: list[SearchResult]


def took(spent: Spending) -> dict[str, Any]:
    """The fields of `Took`."""
    usage = EmbeddingUsage(spent.input_tokens)
    return {"model": spent.model, "dimensions": spent.dimensions, "usage": usage, "cost_usd": spent.cost_usd}
