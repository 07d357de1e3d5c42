"""Cohere's embeddings: many texts in one call."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from local.bedrock.brain import Brain
from local.bedrock.errors import ValidationError
from local.bedrock.formats.body_format import Body, Field, ModelAnswer, check_choice, check_fields
from local.bedrock.formats.padded_vectors import padded
from local.bedrock.model_directory import Model

MAX_TEXTS = 96
_INPUT_TYPES = ("search_document", "search_query", "classification", "clustering")
_FIELDS = {
    "texts": Field((list,), required=True),
    "input_type": Field((str,), required=True),
    "truncate": Field((str,)),
    "embedding_types": Field((list,)),
}
_FOURTH = {**_FIELDS, "output_dimension": Field((int,)), "max_tokens": Field((int,), minimum=1, maximum=128_000)}
_AGAIN = "please reformat your input and try again."


@dataclass(frozen=True, slots=True)
class CohereEmbeddings:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html (texts, float)

    `dimensions`: what may be asked for, the default first; `truncations`: names for none, beginning, end;
    `max_characters` of one text, whatever is to be truncated; `max_tokens` of one text.
    """

    dimensions: tuple[int, ...]
    truncations: tuple[str, str, str]
    max_tokens: int
    max_characters: int | None = None
    fourth_version: bool = False

    def answer(self, body: Body, model: Model, brain: Brain) -> ModelAnswer:
        """One vector for each text."""
        check_fields(body, _FOURTH if self.fourth_version else _FIELDS)
        texts, types = body["texts"], body.get("embedding_types")
        self._check(body, texts)
        if types and set(types) != {"float"}:
            raise ValidationError("Malformed input request: #/embedding_types: locally only float is made.")
        counts = [brain.count_tokens(text) for text in texts]
        if max(counts) > self.max_tokens and body.get("truncate", "NONE") == "NONE":
            raise ValidationError("Input is too long for requested model.")
        vectors = padded(brain.embed(texts), body.get("output_dimension") or self.dimensions[0])
        shape: tuple[Any, str] = (
            ({"float": vectors}, "embeddings_by_type")
            if types or self.fourth_version
            else (vectors, "embeddings_floats")
        )
        answer = {"id": str(uuid.uuid4()), "texts": texts, "embeddings": shape[0], "response_type": shape[1]}
        return ModelAnswer(answer, sum(min(count, self.max_tokens) for count in counts), 0)

    def events(self, body: Body, model: Model, brain: Brain) -> Iterator[dict[str, Any]]:
        """Embeddings are never streamed."""
        raise ValidationError("The model is unsupported for streaming")

    def _check(self, body: Body, texts: Sequence[Any]) -> None:
        check_choice(body, "input_type", _INPUT_TYPES)
        check_choice(body, "truncate", self.truncations)
        check_choice(body, "output_dimension", self.dimensions)
        if not texts or len(texts) > MAX_TEXTS:
            raise ValidationError(
                f"Malformed input request: #/texts: expected 1 to {MAX_TEXTS} items, found: {len(texts)}, {_AGAIN}"
            )
        for place, text in enumerate(texts):
            if not isinstance(text, str):
                raise ValidationError(f"Malformed input request: #/texts/{place}: expected type: String, {_AGAIN}")
            if self.max_characters is not None and len(text) > self.max_characters:
                raise ValidationError(
                    f"Malformed input request: #/texts/{place}: expected maxLength: {self.max_characters}, "
                    f"actual: {len(text)}, {_AGAIN}"
                )


COHERE_V3 = CohereEmbeddings((1024,), ("NONE", "START", "END"), max_tokens=512, max_characters=2_048)
COHERE_V4 = CohereEmbeddings((1536, 1024, 512, 256), ("NONE", "LEFT", "RIGHT"), max_tokens=128_000, fourth_version=True)
