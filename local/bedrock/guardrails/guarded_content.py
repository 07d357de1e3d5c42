"""Which texts of a conversation a guardrail assesses, and the conversation with those texts replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from local.bedrock.guardrails.assessment import Grounds

Block = Mapping[str, Any]
Blocks = list[dict[str, Any]]
Change = Callable[[str], str]


def assessed_texts(messages: Sequence[Block], system: Sequence[Block]) -> list[str]:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-converse-api.html: only the `guardContent`
    of the messages if there is any, else all their text; of the system prompt only `guardContent`."""
    texts: list[str] = []

    def keep(text: str) -> str:
        texts.append(text)
        return text

    with_texts(messages, system, keep)
    return texts


def with_texts(messages: Sequence[Block], system: Sequence[Block], change: Change) -> tuple[Blocks, Blocks]:
    """The same conversation with `change` applied to each assessed text, in order."""
    marked = any("guardContent" in block for message in messages for block in message["content"])
    changed = [
        {**message, "content": [_changed(block, change, marked_only=marked) for block in message["content"]]}
        for message in messages
    ]
    return changed, [_changed(block, change, marked_only=True) for block in system]


def characters(messages: Sequence[Block], system: Sequence[Block]) -> int:
    """All characters of text and guarded text."""
    blocks = [*system, *(block for message in messages for block in message["content"])]
    return sum(len(text) for block in blocks for text in _texts(block))


def grounds_of(messages: Sequence[Block]) -> Grounds:
    """The sources and the query that the last turn marks by qualifiers."""
    guarded = [block["guardContent"].get("text") for block in messages[-1]["content"] if "guardContent" in block]
    return grounds_in(text for text in guarded if text)


def grounds_in(guarded: Iterable[Block]) -> Grounds:
    """From texts with qualifiers, as they stand in `guardContent` and in ApplyGuardrail's content."""
    texts = list(guarded)
    sources = tuple(each["text"] for each in texts if "grounding_source" in each.get("qualifiers", ()))
    query = " ".join(each["text"] for each in texts if "query" in each.get("qualifiers", ()))
    return Grounds(sources, query)


def _texts(block: Block) -> list[str]:
    guarded = (block.get("guardContent") or {}).get("text")
    return [guarded["text"]] if guarded else [block["text"]] if "text" in block else []


def _changed(block: Block, change: Change, *, marked_only: bool) -> dict[str, Any]:
    guarded = (block.get("guardContent") or {}).get("text")
    if guarded:
        return {"guardContent": {"text": {**guarded, "text": change(guarded["text"])}}}
    if "text" in block and not marked_only:
        return {**block, "text": change(block["text"])}
    return dict(block)
