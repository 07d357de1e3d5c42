"""Our chat request as the body of Bedrock's Converse, and back: the same body is sent, stored and batched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.shared.domain.attachment import Attachment
from lambdas.shared.domain.chat_model import ChatMessage, ChatRequest, Role, SamplingParameters
from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.fit import PlacedParameters

# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html
_INFERENCE_FIELDS = (("temperature", "temperature"), ("topP", "top_p"), ("maxTokens", "max_tokens"))
_BODY_FIELDS = frozenset({"messages", "system", "inferenceConfig", "additionalModelRequestFields"})


def converse_body(request: ChatRequest) -> dict[str, Any]:
    """The Converse request body, without modelId and guardrailConfig, for `request` as `fit` returned it.

    Raises ValueError for a `top_k` that `fit` has not placed: no field of Converse fits all models.
    """
    guards = request.guardrail is not None
    body: dict[str, Any] = {
        "messages": [
            {"role": message.role, "content": _content(message, guards and message.guarded)}
            for message in request.messages
        ]
    }
    if request.system:
        body["system"] = [{"text": request.system}]
    parameters = request.parameters
    inference: dict[str, Any] = {}
    for theirs, ours in _INFERENCE_FIELDS:
        value = getattr(parameters, ours)
        if value is not None:
            inference[theirs] = value
    if parameters.stop_sequences:
        inference["stopSequences"] = list(parameters.stop_sequences)
    if inference:
        body["inferenceConfig"] = inference
    if parameters.top_k is not None:
        if not isinstance(parameters, PlacedParameters):
            raise ValueError("top_k has no place in a request that was not fitted to its model")
        body["additionalModelRequestFields"] = _nested(parameters.top_k_field, parameters.top_k)
    return body


def chat_request(model_id: str, body: Mapping[str, Any]) -> ChatRequest:
    """The inverse of `converse_body` for a request without a guardrail. Raises InvalidInputError for anything that it
    would not have written."""
    foreign = sorted(set(body) - _BODY_FIELDS)
    if foreign:
        raise InvalidInputError(f"the request body has fields that cannot be understood: {', '.join(foreign)}")
    try:
        messages = tuple(_message(message["role"], message["content"]) for message in body["messages"])
        system = _text(body["system"]) if "system" in body else None
        parameters = _parameters(body.get("inferenceConfig", {}), body.get("additionalModelRequestFields"))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError("the request body is not one of a plain text conversation") from error
    return ChatRequest(model_id=model_id, messages=messages, system=system, parameters=parameters)


def _content(message: ChatMessage, guarded: bool) -> list[dict[str, Any]]:
    block = _block(message.text, guarded)
    return [block] if message.attachment is None else [_document(message.attachment), block]


def _document(attachment: Attachment) -> dict[str, Any]:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html"""
    place = {"uri": attachment.location}
    source = {"s3Location": place} if attachment.content is None else {"bytes": attachment.content}
    return {"document": {"format": attachment.format, "name": attachment.name, "source": source}}


def _message(role: Role, blocks: list[Mapping[str, Any]]) -> ChatMessage:
    *attached, text = blocks
    if not attached:
        return ChatMessage(role, _text([text]))
    (block,) = attached
    document = block["document"]
    location = document["source"]["s3Location"]["uri"]
    attachment = Attachment(format=document["format"], location=location, name=document["name"])
    return ChatMessage(role, _text([text]), attachment=attachment)


def _block(text: str, guarded: bool) -> dict[str, Any]:
    """Once a request has guardContent, nothing else of it is assessed and billed.
    https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-converse-api.html"""
    return {"guardContent": {"text": {"text": text}}} if guarded else {"text": text}


def _parameters(inference: Mapping[str, Any], additional: Mapping[str, Any] | None) -> SamplingParameters:
    known: dict[str, Any] = {ours: inference.get(theirs) for theirs, ours in _INFERENCE_FIELDS}
    known["stop_sequences"] = tuple(inference.get("stopSequences", ()))
    if additional is None:
        return SamplingParameters(**known)
    path, top_k = _leaf(additional)
    return PlacedParameters(**known, top_k=top_k, top_k_field=path)


def _text(blocks: list[Mapping[str, Any]]) -> str:
    (block,) = blocks
    (key,) = block
    if key != "text":
        raise ValueError(key)
    return str(block["text"])


def _nested(path: str, value: int) -> dict[str, Any]:
    *outer, last = path.split(".")
    nested: dict[str, Any] = {last: value}
    for key in reversed(outer):
        nested = {key: nested}
    return nested


def _leaf(nested: Mapping[str, Any]) -> tuple[str, int]:
    """top_k is the only additional field that we ever write, whatever the model calls it."""
    ((key, value),) = nested.items()
    if isinstance(value, Mapping):
        path, leaf = _leaf(value)
        return f"{key}.{path}", leaf
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(key)
    return key, value
