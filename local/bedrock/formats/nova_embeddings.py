"""Amazon Nova multimodal embeddings, of texts alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local.bedrock.brain import Brain
from local.bedrock.errors import ValidationError
from local.bedrock.formats.body_format import Body, Field, ModelAnswer, check_choice, check_fields
from local.bedrock.formats.padded_vectors import padded
from local.bedrock.model_directory import Model

MAX_TOKENS = 8_172
MAX_CHARACTERS = 50_000
DIMENSIONS = (3072, 1024, 384, 256)
_PURPOSES = (
    "GENERIC_INDEX", "GENERIC_RETRIEVAL", "TEXT_RETRIEVAL", "IMAGE_RETRIEVAL", "VIDEO_RETRIEVAL",
    "DOCUMENT_RETRIEVAL", "AUDIO_RETRIEVAL", "CLASSIFICATION", "CLUSTERING",
)  # fmt: skip
_BODY = {
    "schemaVersion": Field((str,)),
    "taskType": Field((str,), required=True),
    "singleEmbeddingParams": Field((dict,), required=True),
}
_PARAMETERS = {
    "embeddingPurpose": Field((str,), required=True),
    "embeddingDimension": Field((int,)),
    "text": Field((dict,), required=True),
}
_TEXT = {"truncationMode": Field((str,), required=True), "value": Field((str,), required=True)}


class NovaEmbeddings:
    """https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html (SINGLE_EMBEDDING of text)"""

    def answer(self, body: Body, model: Model, brain: Brain) -> ModelAnswer:
        """The text's vector; a text that is too long for the model is cut only where the request says at which end."""
        check_fields(body, _BODY)
        check_choice(body, "schemaVersion", ("nova-multimodal-embed-v1",))
        check_choice(body, "taskType", ("SINGLE_EMBEDDING",))
        parameters = body["singleEmbeddingParams"]
        check_fields(parameters, _PARAMETERS, inside="singleEmbeddingParams")
        check_choice(parameters, "embeddingPurpose", _PURPOSES, inside="singleEmbeddingParams")
        check_choice(parameters, "embeddingDimension", DIMENSIONS, inside="singleEmbeddingParams")
        text = parameters["text"]
        check_fields(text, _TEXT, inside="singleEmbeddingParams.text")
        check_choice(text, "truncationMode", ("NONE", "START", "END"), inside="singleEmbeddingParams.text")
        made, tokens = _embedding(text, parameters.get("embeddingDimension") or DIMENSIONS[0], brain)
        return ModelAnswer({"embeddings": [made]}, tokens, 0)

    def events(self, body: Body, model: Model, brain: Brain) -> Iterator[dict[str, Any]]:
        """Embeddings are never streamed."""
        raise ValidationError("The model is unsupported for streaming")


def _embedding(text: Mapping[str, Any], dimensions: int, brain: Brain) -> tuple[dict[str, Any], int]:
    value = text["value"]
    if not value:
        raise ValidationError("Malformed input request: expected minLength: 1, actual: 0")
    if len(value) > MAX_CHARACTERS:
        raise ValidationError(
            f"Malformed input request: expected maxLength: {MAX_CHARACTERS}, actual: {len(value)}, please reformat "
            "your input and try again."
        )
    tokens, kept = brain.count_tokens(value), value
    if tokens > MAX_TOKENS:
        if text["truncationMode"] == "NONE":
            raise ValidationError(f"Too many input tokens. Max input tokens: {MAX_TOKENS}, request: {tokens}")
        share = int(len(value) * MAX_TOKENS / tokens)
        kept = value[:share] if text["truncationMode"] == "END" else value[-share:]
    (vector,) = padded(brain.embed([kept]), dimensions)
    made: dict[str, Any] = {"embeddingType": "TEXT", "embedding": vector}
    if len(kept) < len(value):
        made["truncatedCharLength"] = len(kept)
    return made, min(tokens, MAX_TOKENS)
