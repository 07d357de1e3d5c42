"""Embedding models of Amazon Bedrock, through InvokeModel: split by the provider's limits, side by side, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.adapters.bedrock_errors import model_error
from lambdas.shared.adapters.embedding_formats import WIRE_FORMATS, Embedded, WireFormat
from lambdas.shared.domain.errors import (
    ContextTooLongError,
    ModelError,
    ModelRefusedRequestError,
    QuarryError,
    TextTooLongError,
)
from lambdas.shared.domain.text_embedder import EmbeddingReply, EmbeddingRequest, Vector
from lambdas.shared.domain.tokens import estimate_tokens

if TYPE_CHECKING:
    from types_boto3_bedrock_runtime import BedrockRuntimeClient

_CALLS_AT_ONCE = 16
_TOKEN_COUNT = "x-amzn-bedrock-input-token-count"  # noqa: S105
# A schema's limit in characters is said otherwise than a model's limit in tokens.
_SCHEMA_LIMIT = re.compile(r"expected maxLength")
_PLACE = re.compile(r"#/texts/(\d+)")


class _Batch(NamedTuple):
    start: int
    texts: Sequence[str]


class _Part(NamedTuple):
    vectors: list[Vector]
    input_tokens: int
    estimated: bool


class BedrockTextEmbedder:
    """Speaks to whatever `client` is connected to; its retries are the client's."""

    def __init__(self, client: BedrockRuntimeClient) -> None:
        self._client = client

    def embed(self, request: EmbeddingRequest) -> EmbeddingReply:
        """See `TextEmbedder`; `request.format` says how the model is spoken to."""
        if request.format is None:
            raise ModelRefusedRequestError(f"the catalogue does not say how {request.model_id} takes texts")
        wire = WIRE_FORMATS[request.format]
        batches = list(_batches(request.texts, wire))
        parts = self._side_by_side(batches, request, wire)
        return EmbeddingReply(
            [vector for part in parts for vector in part.vectors],
            sum(part.input_tokens for part in parts),
            any(part.estimated for part in parts),
        )

    def _side_by_side(self, batches: list[_Batch], request: EmbeddingRequest, wire: WireFormat) -> list[_Part]:
        if len(batches) <= 1:
            return [self._part(batch, request, wire) for batch in batches]
        from concurrent import futures  # one batch, the common case, needs no threads

        with futures.ThreadPoolExecutor(max_workers=min(len(batches), _CALLS_AT_ONCE)) as threads:
            calls = [threads.submit(self._part, batch, request, wire) for batch in batches]
            futures.wait(calls, return_when=futures.FIRST_EXCEPTION)
            threads.shutdown(cancel_futures=True)  # waits for those that are under way
        ended = [call for call in calls if not call.cancelled()]
        failed = [error for call in ended if (error := call.exception()) is not None]
        if not failed:
            return [call.result() for call in calls]
        first = failed[0]
        if isinstance(first, QuarryError):
            done = sum(call.result().input_tokens for call in ended if call.exception() is None)
            first.paid_tokens = done + sum(getattr(error, "paid_tokens", 0) for error in failed)
        raise first

    def _part(self, batch: _Batch, request: EmbeddingRequest, wire: WireFormat) -> _Part:
        body = msgspec.json.encode(wire.body(batch.texts, request.input_type, request.dimensions))
        try:
            answer: Any = self._client.invoke_model(modelId=request.model_id, body=body)
            content = answer["body"].read()
        except (ClientError, BotoCoreError) as error:
            raise _refusal(model_error(error, request.model_id), batch) from error
        return _checked(_read(content, wire, request.model_id), answer, batch, request.model_id)


def _batches(texts: Sequence[str], wire: WireFormat) -> Iterator[_Batch]:
    start, tokens = 0, 0
    for place, text in enumerate(texts):
        more = 0 if wire.tokens_per_call is None else estimate_tokens(text)
        full = wire.tokens_per_call is not None and tokens + more > wire.tokens_per_call
        if place > start and (full or place - start == wire.texts_per_call):
            yield _Batch(start, texts[start:place])
            start, tokens = place, 0
        tokens += more
    if texts:
        yield _Batch(start, texts[start:])


def _read(content: bytes, wire: WireFormat, model_id: str) -> Embedded | ModelError:
    """An answer that cannot be read was paid for like any other, so its error has to wait for the token count."""
    try:
        return wire.read(content)
    except msgspec.DecodeError:
        return ModelError(f"the answer of {model_id} is no embedding")


def _checked(read: Embedded | ModelError, answer: Any, batch: _Batch, model_id: str) -> _Part:
    tokens = None if isinstance(read, ModelError) else read.input_tokens
    if tokens is None:
        with suppress(KeyError, ValueError):
            tokens = int(answer["ResponseMetadata"]["HTTPHeaders"][_TOKEN_COUNT])
    counted = sum(map(estimate_tokens, batch.texts)) if tokens is None else tokens
    problem = _problem(read, batch, model_id)
    if problem is not None:
        problem.paid_tokens = counted
        raise problem
    assert isinstance(read, Embedded)  # noqa: S101
    return _Part(read.vectors, counted, tokens is None)


def _problem(read: Embedded | ModelError, batch: _Batch, model_id: str) -> QuarryError | None:
    if isinstance(read, ModelError):
        return read
    if read.cut is not None:
        return _too_long(batch.start + read.cut, model_id)
    if len(read.vectors) != len(batch.texts):
        return ModelError(f"{model_id} answered {len(batch.texts)} texts with {len(read.vectors)} vectors")
    # A sum is finite unless one of its terms is not.
    if not all(vector and isfinite(sum(vector)) for vector in read.vectors):
        return ModelError(f"{model_id} answered with a vector that is empty or holds more than finite numbers")
    return None


def _refusal(error: QuarryError, batch: _Batch) -> QuarryError:
    """Which text was too long: what the provider names, else the longest, which is too long if any of them is."""
    if not isinstance(error, ContextTooLongError) and not _SCHEMA_LIMIT.search(str(error)):
        return error
    named = _PLACE.search(str(error))
    longest = max(range(len(batch.texts)), key=lambda place: estimate_tokens(batch.texts[place]))
    place = int(named[1]) if named and int(named[1]) < len(batch.texts) else longest
    return TextTooLongError(str(error), index=batch.start + place)


def _too_long(index: int, model_id: str) -> TextTooLongError:
    return TextTooLongError(f"{model_id} would embed only the beginning of the text; make it shorter", index=index)
