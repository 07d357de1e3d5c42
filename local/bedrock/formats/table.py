"""Which body format a model speaks."""

from __future__ import annotations

import json

from local.bedrock.errors import ValidationError
from local.bedrock.formats.body_format import BodyFormat
from local.bedrock.formats.claude_messages import ClaudeMessages
from local.bedrock.formats.cohere_embeddings import COHERE_V3, COHERE_V4
from local.bedrock.formats.nova_embeddings import NovaEmbeddings
from local.bedrock.formats.nova_messages import NovaMessages
from local.bedrock.formats.prompt_formats import CLAUDE_TEXT, LLAMA, MISTRAL, TITAN_TEXT
from local.bedrock.formats.titan_embeddings import TitanEmbeddings
from local.bedrock.model_directory import Model

# The first prefix that fits decides.
_BY_PREFIX: tuple[tuple[str, BodyFormat], ...] = (
    ("amazon.titan-embed-text-v2", TitanEmbeddings(dimensions=(1024, 512, 256), second_version=True)),
    ("amazon.titan-embed", TitanEmbeddings(dimensions=(1536,), second_version=False)),
    ("amazon.titan-t", TITAN_TEXT),
    ("amazon.nova-2-multimodal-embeddings", NovaEmbeddings()),
    ("amazon.nova", NovaMessages()),
    ("anthropic.", ClaudeMessages()),
    ("cohere.embed-v4", COHERE_V4),
    ("cohere.embed", COHERE_V3),
    ("meta.llama", LLAMA),
    ("mistral.", MISTRAL),
)


def format_of(model: Model, body: bytes) -> BodyFormat:
    """The format of a model's bodies; raises `ValidationError` for a model whose format is not spoken here."""
    if model.model_id.startswith("anthropic.") and _is_text_completion(body):
        return CLAUDE_TEXT
    for prefix, body_format in _BY_PREFIX:
        if model.model_id.startswith(prefix) and "titan-embed-image" not in model.model_id:
            return body_format
    raise ValidationError(
        f"The local Bedrock does not speak the InvokeModel body format of {model.model_id}. Converse works for any "
        "model id."
    )


def _is_text_completion(body: bytes) -> bool:
    """Claude 2's first form: {"prompt": "\\n\\nHuman: ...", "max_tokens_to_sample": ...}."""
    try:
        value = json.loads(body)
    except ValueError:
        return False
    return isinstance(value, dict) and "prompt" in value and "messages" not in value
