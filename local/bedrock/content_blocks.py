"""Turns Converse's content blocks into parts of a turn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.bedrock.brain import Part, ToolCall
from local.bedrock.document_text import document_text
from local.bedrock.errors import ValidationError

Block = Mapping[str, Any]


def parts_of(content: Iterable[Block]) -> tuple[Part, ...]:
    """The blocks that carry something to read; images, audio and video are acknowledged as unreadable."""
    return tuple(part for block in content for part in _read(block) if part.text.strip() or part.call or part.answers)


def _read(block: Block) -> list[Part]:
    ((kind, value),) = block.items()
    reader = _READERS.get(kind)
    return reader(value) if reader else []


def _document(value: Block) -> list[Part]:
    name = str(value["name"])
    source = value["source"]
    if "text" in source:
        text: str | None = source["text"]
    elif "content" in source:
        text = "\n".join(item.get("text", "") for item in source["content"])
    elif "bytes" in source:
        text = document_text(source["bytes"], value.get("format", "txt"), name)
        if text is not None and not text.strip():
            raise ValidationError(f"The document {name} holds no text, and this local model sees no pictures.")
    else:
        text = None
    if text is None:
        return [Part(f"[document {name}: this format or source is not readable locally]")]
    return [Part(text, material=True, title=name)]


def _guarded(value: Block) -> list[Part]:
    guarded = value.get("text")
    if guarded is None:
        return _unreadable("image")(value)
    return [Part(guarded["text"], material="grounding_source" in guarded.get("qualifiers", ()))]


def _search_result(value: Block) -> list[Part]:
    text = "\n".join(item["text"] for item in value["content"])
    return [Part(text, material=True, title=value["title"])]


def _tool_use(value: Block) -> list[Part]:
    arguments = json.dumps(value.get("input") or {}, ensure_ascii=False)
    return [Part("", call=ToolCall(value.get("toolUseId", ""), value.get("name", ""), arguments))]


def _tool_result(value: Block) -> list[Part]:
    """One part, also for an empty result: the call must find its answer."""
    texts = [
        json.dumps(item["json"], ensure_ascii=False) if "json" in item else "\n".join(part.text for part in _read(item))
        for item in value["content"]
    ]
    return [Part("\n\n".join(text for text in texts if text), material=True, answers=value.get("toolUseId", ""))]


def _citations(value: Block) -> list[Part]:
    return [Part("".join(item.get("text", "") for item in value.get("content", ())))]


def _unreadable(kind: str) -> Callable[[Block], list[Part]]:
    return lambda _: [Part(f"[{kind}: not readable locally]")]


_READERS: dict[str, Callable[[Any], list[Part]]] = {
    "text": lambda text: [Part(text)],
    "document": _document,
    "guardContent": _guarded,
    "searchResult": _search_result,
    "toolUse": _tool_use,
    "toolResult": _tool_result,
    "citationsContent": _citations,
    "image": _unreadable("image"),
    "video": _unreadable("video"),
    "audio": _unreadable("audio"),
}
