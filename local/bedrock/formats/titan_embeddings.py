"""Amazon Titan text embeddings, versions 1 and 2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.bedrock.brain import Brain
from local.bedrock.errors import ValidationError
from local.bedrock.formats.body_format import Body, Field, ModelAnswer, check_choice, check_fields
from local.bedrock.formats.padded_vectors import padded, signs
from local.bedrock.model_directory import Model

MAX_TOKENS = 8192
MAX_CHARACTERS = 50_000
_FIRST = {"inputText": Field((str,), required=True)}
_SECOND = {**_FIRST, "dimensions": Field((int,)), "normalize": Field((bool,)), "embeddingTypes": Field((list,))}


@dataclass(frozen=True, slots=True)
class TitanEmbeddings:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html

    `dimensions`: what may be asked for, the default first.
    """

    dimensions: tuple[int, ...]
    second_version: bool

    def answer(self, body: Body, model: Model, brain: Brain) -> ModelAnswer:
        """The text's vector; vectors are normalized whether `normalize` asks for it or not."""
        check_fields(body, _SECOND if self.second_version else _FIRST)
        text = body["inputText"]
        tokens = _checked_tokens(text, brain)
        check_choice(body, "dimensions", self.dimensions)
        wanted = body.get("dimensions") or self.dimensions[0]
        (vector,) = padded(brain.embed([text]), wanted)
        answer: dict[str, Any] = {"embedding": vector, "inputTextTokenCount": tokens}
        if self.second_version:
            answer["embeddingsByType"] = _by_type(vector, body.get("embeddingTypes") or ["float"])
            if "float" not in answer["embeddingsByType"]:
                del answer["embedding"]
        return ModelAnswer(answer, tokens, 0)

    def events(self, body: Body, model: Model, brain: Brain) -> Iterator[dict[str, Any]]:
        """Embeddings are never streamed."""
        raise ValidationError("The model is unsupported for streaming")


def _checked_tokens(text: str, brain: Brain) -> int:
    if not text:
        raise ValidationError(
            "Malformed input request: expected minLength: 1, actual: 0, please reformat your input and try again."
        )
    tokens = brain.count_tokens(text)
    if len(text) > MAX_CHARACTERS or tokens > MAX_TOKENS:
        raise ValidationError(
            f"Too many input tokens. Max input tokens: {MAX_TOKENS}, request input token count: {tokens}"
        )
    return tokens


def _by_type(vector: list[float], types: list[Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"float": vector, "binary": signs(vector)}
    unknown = [name for name in types if name not in made]
    if unknown:
        raise ValidationError(
            f"Malformed input request: #/embeddingTypes: {unknown[0]} is not a valid enum value, please reformat your "
            "input and try again."
        )
    return {name: made[name] for name in types}
