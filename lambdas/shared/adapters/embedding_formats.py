"""How each provider wants texts to be embedded, and what it answers: one row per format, read by the embedder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from lambdas.shared.domain.model_card import EmbeddingFormat
from lambdas.shared.domain.text_embedder import InputType, Vector

Body = dict[str, Any]


class Embedded(NamedTuple):
    """One answer. `input_tokens` None = they stand in the answer's header; `cut` is the place of a text that the
    provider has cut all the same."""

    vectors: list[Vector]
    input_tokens: int | None = None
    cut: int | None = None


class WireFormat(NamedTuple):
    """`body(texts, input_type, dimensions)` for at most `texts_per_call` texts, of `tokens_per_call` together."""

    texts_per_call: int
    tokens_per_call: int | None
    body: Callable[[Sequence[str], InputType, int | None], Body]
    read: Callable[[bytes], Embedded]


class _TitanAnswer(msgspec.Struct):
    embedding: Vector
    tokens: int = msgspec.field(name="inputTextTokenCount")


class _FloatsByType(msgspec.Struct):
    floats: list[Vector] = msgspec.field(name="float")


class _CohereAnswer(msgspec.Struct):
    """A list, or lists by type where a type was asked for."""

    embeddings: list[Vector] | _FloatsByType


class _NovaEmbedding(msgspec.Struct):
    embedding: Vector
    cut_at: int | None = msgspec.field(name="truncatedCharLength", default=None)


class _NovaAnswer(msgspec.Struct):
    embeddings: list[_NovaEmbedding]


# What is not in a struct is skipped, not built: Titan 2 repeats its vector, Cohere the texts.
_TITAN = msgspec.json.Decoder(_TitanAnswer)
_COHERE = msgspec.json.Decoder(_CohereAnswer)
_NOVA = msgspec.json.Decoder(_NovaAnswer)

_COHERE_TYPES: Mapping[InputType, str] = {
    "query": "search_query",
    "document": "search_document",
    "classification": "classification",
    "clustering": "clustering",
}
_NOVA_PURPOSES: Mapping[InputType, str] = {
    "query": "TEXT_RETRIEVAL",
    "document": "GENERIC_INDEX",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
}


def _titan_v1(texts: Sequence[str], input_type: InputType, dimensions: int | None) -> Body:
    return {"inputText": texts[0]}


def _titan_v2(texts: Sequence[str], input_type: InputType, dimensions: int | None) -> Body:
    asked = {} if dimensions is None else {"dimensions": dimensions}
    return {"inputText": texts[0], "normalize": True, "embeddingTypes": ["float"], **asked}


def _cohere_v3(texts: Sequence[str], input_type: InputType, dimensions: int | None) -> Body:
    # NONE is documented as the default; yet what is refused with it passes without it, so it is said.
    # https://github.com/run-llama/llama_index/issues/13376
    return {"texts": list(texts), "input_type": _COHERE_TYPES[input_type], "truncate": "NONE"}


def _cohere_v4(texts: Sequence[str], input_type: InputType, dimensions: int | None) -> Body:
    asked = {} if dimensions is None else {"output_dimension": dimensions}
    return {**_cohere_v3(texts, input_type, dimensions), "embedding_types": ["float"], **asked}


def _nova(texts: Sequence[str], input_type: InputType, dimensions: int | None) -> Body:
    asked = {} if dimensions is None else {"embeddingDimension": dimensions}
    text = {"truncationMode": "NONE", "value": texts[0]}
    parameters = {"embeddingPurpose": _NOVA_PURPOSES[input_type], **asked, "text": text}
    return {
        "schemaVersion": "nova-multimodal-embed-v1",
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": parameters,
    }


def _read_titan(answer: bytes) -> Embedded:
    read = _TITAN.decode(answer)
    return Embedded([read.embedding], read.tokens)


def _read_cohere(answer: bytes) -> Embedded:
    found = _COHERE.decode(answer).embeddings
    return Embedded(found.floats if isinstance(found, _FloatsByType) else found)


def _read_nova(answer: bytes) -> Embedded:
    found = _NOVA.decode(answer).embeddings
    cut = next((place for place, each in enumerate(found) if each.cut_at is not None), None)
    return Embedded([each.embedding for each in found], cut=cut)


# https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
# https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html and -v4.html
# https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
WIRE_FORMATS: Mapping[EmbeddingFormat, WireFormat] = {
    "titan_v1": WireFormat(1, None, _titan_v1, _read_titan),
    "titan_v2": WireFormat(1, None, _titan_v2, _read_titan),
    "cohere_v3": WireFormat(96, None, _cohere_v3, _read_cohere),
    "cohere_v4": WireFormat(96, 128_000, _cohere_v4, _read_cohere),
    "nova": WireFormat(1, None, _nova, _read_nova),
}
