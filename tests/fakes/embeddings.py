"""A fake of the embedding port: deterministic vectors, and errors where a script says so."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from zlib import crc32

from lambdas.shared.domain.errors import TextTooLongError
from lambdas.shared.domain.model_card import ModelCard
from lambdas.shared.domain.text_embedder import EmbeddingReply, EmbeddingRequest, Vector
from tests.fakes.models import model_card


class ScriptedTextEmbedder:
    """Equal texts get equal vectors of length 1, and texts that share words are near each other: a word is a
    direction. `vectors` sets some by hand. `errors` are raised, one a call, before anything is embedded; a text of
    more than `longest` words is too long. `requests` keeps what was asked."""

    def __init__(
        self, *errors: Exception | None, vectors: Mapping[str, Vector] | None = None, longest: int | None = None
    ) -> None:
        self.requests: list[EmbeddingRequest] = []
        self._errors = list(errors)
        self._vectors = dict(vectors or {})
        self._longest = longest

    def embed(self, request: EmbeddingRequest) -> EmbeddingReply:
        self.requests.append(request)
        error = self._errors.pop(0) if self._errors else None
        if error is not None:
            raise error
        for index, text in enumerate(request.texts):
            if self._longest is not None and len(_words(text)) > self._longest:
                raise TextTooLongError("as scripted", index=index)
        width = request.dimensions or 8
        made = [self._vectors.get(text) or word_vector(text, width) for text in request.texts]
        return EmbeddingReply(made, sum(max(1, len(_words(text))) for text in request.texts))


def word_vector(text: str, width: int) -> Vector:
    """One direction for each word, added up; length 1."""
    total = [0.0] * width
    for word in _words(text) or [text]:
        total[crc32(word.encode()) % width] += 1.0
    length = math.sqrt(sum(value * value for value in total))
    return [value / length for value in total]


def embedding_card(model_id: str = "acme.embed-v1:0", **changes: object) -> ModelCard:
    """An embedding model of 8 (the default) or 4 dimensions, $1 per million tokens, texts of up to 1,000 characters."""
    card = model_card(model_id, kind="embedding", dimensions=(8, 4), embedding_format="titan_v2")
    return card._replace(max_text_characters=1_000)._replace(**changes)  # type: ignore[arg-type]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
