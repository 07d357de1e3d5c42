"""What Bedrock itself checks in a conversation, beyond the shapes of its service model."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from local.bedrock.errors import ValidationError
from local.bedrock.model_directory import Model

Message = Mapping[str, Any]
CONVERSE_NAMES = {"temperature": "temperature", "top_p": "topP", "top_k": "topK"}


def check_conversation(messages: Sequence[Message], system: Sequence[Message], model: Model) -> None:
    """Roles, blank blocks, documents and tool results; raises `ValidationError` in Bedrock's words."""
    spoken = [message for message in messages if message["role"] != "system"]
    if not spoken or spoken[0]["role"] != "user":
        raise ValidationError(
            "A conversation must start with a user message. Try again with a conversation that starts with a user "
            "message."
        )
    for before, after in itertools.pairwise(spoken):
        if before["role"] == after["role"]:
            raise ValidationError(
                "A conversation must alternate between user and assistant roles. Make sure the conversation alternates "
                "between user and assistant roles and try again."
            )
    if spoken[-1]["role"] == "assistant" and model.refuses("prefill"):
        raise ValidationError(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    for index, message in enumerate(messages):
        _check_content(message["content"], index)
    if system and model.refuses("system"):
        raise ValidationError("This model doesn't support the system role. Remove the system field and try again.")
    for index, block in enumerate(system):
        if "text" in block and not block["text"].strip():
            raise ValidationError(f"The text field in the SystemContentBlock object at system.{index} is blank.")
    _check_tool_results(spoken)


def _check_content(content: Sequence[Message], index: int) -> None:
    if not content:
        raise ValidationError(
            f"The content field in the Message object at messages.{index} is empty. Add a ContentBlock object to the "
            "content field and try again."
        )
    for place, block in enumerate(content):
        if "text" in block and not block["text"].strip():
            raise ValidationError(
                f"The text field in the ContentBlock object at messages.{index}.content.{place} is blank. Add text to "
                "the text field, and try again."
            )
    if any("document" in block for block in content) and not any("text" in block for block in content):
        # https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
        raise ValidationError(f"messages.{index}: a document block needs a text block in the same message.")


def _check_tool_results(spoken: Sequence[Message]) -> None:
    for index, (asked, answered) in enumerate(itertools.pairwise(spoken)):
        wanted = {block["toolUse"]["toolUseId"] for block in asked["content"] if "toolUse" in block}
        given = {block["toolResult"]["toolUseId"] for block in answered["content"] if "toolResult" in block}
        if answered["role"] == "user" and wanted - given:
            missing = ", ".join(sorted(wanted - given))
            raise ValidationError(
                f"Expected toolResult blocks at messages.{index + 1}.content for the following Ids: {missing}"
            )


def check_inference(inference: Mapping[str, Any], more: Mapping[str, Any], model: Model) -> None:
    """Converse's `inferenceConfig` and `additionalModelRequestFields` against what the catalogue says of the model."""
    check_sampling({ours: inference.get(theirs) for ours, theirs in CONVERSE_NAMES.items()}, model)
    if inference.get("stopSequences") and model.refuses("stop_sequences"):
        raise ValidationError("The model returned the following errors: stopSequences is not supported by this model.")
    for place, value in _top_k_places(more).items():
        if value is not None and model.top_k_field not in {place, "*"}:
            raise ValidationError(
                f"The model returned the following errors: Malformed input request: extraneous key [{place}] is not "
                "permitted, please reformat your input and try again."
            )
    check_output_limit(inference.get("maxTokens"), model)


def check_sampling(given: Mapping[str, Any], model: Model) -> None:
    """`given`: temperature, top_p, top_k (None = absent). Some models reject each of them, some only both at once."""
    wanted = [name for name, value in given.items() if value is not None]
    refused = [name for name in wanted if name != "top_k" and not model.takes(name)]
    refused += ["top_k"] if "top_k" in wanted and model.top_k_field is None else []
    if refused:
        names = ", ".join(f"`{name}`" for name in refused)
        raise ValidationError(f"The model returned the following errors: {names} is not supported by this model.")
    if {"temperature", "top_p"} <= set(wanted) and model.refuses("both_temperature_and_top_p"):
        raise ValidationError(
            "The model returned the following errors: `temperature` and `top_p` cannot both be specified for this "
            "model. Please use only one."
        )


def check_output_limit(wanted: int | None, model: Model) -> None:
    """More output tokens than the model can give."""
    limit = model.max_output_tokens
    if limit is not None and wanted is not None and wanted > limit:
        raise ValidationError(
            f"The maximum tokens you requested exceeds the model limit of {limit}. Try again with a maximum tokens "
            f"value that is lower than {limit}."
        )


def _top_k_places(more: Mapping[str, Any]) -> dict[str, Any]:
    inner = more.get("inferenceConfig")
    nested = inner.get("topK") if isinstance(inner, Mapping) else None
    return {"top_k": more.get("top_k"), "k": more.get("k"), "inferenceConfig.topK": nested}


def check_window(input_tokens: int, model: Model) -> None:
    """Input beyond the model's context window, with slack because the count is an approximation."""
    if model.context_tokens is not None and input_tokens > 1.25 * model.context_tokens:
        raise ValidationError("Input is too long for requested model.")
