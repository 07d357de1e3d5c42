"""The port to embedding models: texts in, one vector for each, in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from lambdas.shared.domain.model_card import EmbeddingFormat

# What the vectors are for: asymmetric models embed a question otherwise than the text that answers it.
InputType = Literal["query", "document", "classification", "clustering"]
Vector = list[float]


class EmbeddingRequest(NamedTuple):
    """`model_id`: alias, id, profile or ARN; `dimensions` None = the model's own default. `format` is the catalogue's,
    and is filled in by `MeteredEmbeddings`, as is the id that is sent."""

    model_id: str
    texts: Sequence[str]
    input_type: InputType = "document"
    dimensions: int | None = None
    format: EmbeddingFormat | None = None


class EmbeddingReply(NamedTuple):
    """`vectors[i]` is of `texts[i]`; all have the same length. `input_tokens`: of all texts, as the provider counted
    them, or estimated where it does not say (`estimated`)."""

    vectors: list[Vector]
    input_tokens: int
    estimated: bool = False


class TextEmbedder(Protocol):
    """Embeds texts; nothing is cut silently."""

    def embed(self, request: EmbeddingRequest) -> EmbeddingReply:
        """Raises TextTooLongError (which names the text) and what `ChatModel` raises for throttles and refusals. What
        was embedded before an error came is lost, and the error's `paid_tokens` say what it cost."""
        ...
