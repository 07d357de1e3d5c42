"""Cohere's embeddings: many texts in one call."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from local.bedrock.brain import Brain
from local.bedrock.errors import ValidationError
from local.bedrock.formats.body_format import Body, Field, ModelAnswer, check_fields
from local.bedrock.formats.padded_vectors import padded
from local.bedrock.model_directory import Model

MAX_TEXTS = 96
_FIELDS = {
    "texts": Field((list,), required=True),
    "input_type": Field((str,), required=True),
    "truncate": Field((str,)),
    "embedding_types": Field((list,)),
    "output_dimension": Field((int,), minimum=256, maximum=1536),
    "max_tokens": Field((int,), minimum=1),
}


class CohereEmbeddings:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html (texts, float)."""

    def answer(self, body: Body, model: Model, brain: Brain) -> ModelAnswer:
        """One vector for each text: 1,536 dimensions for v4 unless asked otherwise, 1,024 for v3."""
        check_fields(body, _FIELDS)
        texts, types = body["texts"], body.get("embedding_types")
        if not texts or len(texts) > MAX_TEXTS or not all(isinstance(text, str) for text in texts):
            raise ValidationError(f"Malformed input request: #/texts: expected 1 to {MAX_TEXTS} strings.")
        if types and set(types) != {"float"}:
            raise ValidationError("Malformed input request: #/embedding_types: locally only float is made.")
        fourth = "embed-v4" in model.model_id
        vectors = padded(brain.embed(texts), body.get("output_dimension") or (1536 if fourth else 1024))
        tokens = sum(brain.count_tokens(text) for text in texts)
        shape: tuple[Any, str] = (
            ({"float": vectors}, "embeddings_by_type") if types or fourth else (vectors, "embeddings_floats")
        )
        answer = {"id": str(uuid.uuid4()), "texts": texts, "embeddings": shape[0], "response_type": shape[1]}
        return ModelAnswer(answer, tokens, 0)

    def events(self, body: Body, model: Model, brain: Brain) -> Iterator[dict[str, Any]]:
        """Embeddings are never streamed."""
        raise ValidationError("The model is unsupported for streaming")
