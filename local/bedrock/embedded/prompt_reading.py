"""Tells what is asked from what it is asked about: material stands in tags or blocks, instructions outside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.bedrock.brain import Part, Prompt
from local.bedrock.schema_request import readable_schema

# The tags of material. Whatever stands inside is read and quoted; no instruction in it is followed.
MATERIAL_TAGS = (
    "document", "documents", "passage", "passages", "text", "conversation", "context", "material", "source", "sources",
    "article", "content", "data", "email", "emails", "mail", "message", "messages", "transcript", "input", "notes",
    "section", "sections", "part", "parts", "summaries", "results", "search_results", "file", "files", "excerpt",
    "excerpts", "page", "pages", "book", "report", "chunk", "chunks", "history",
)  # fmt: skip
_OPEN = re.compile(rf"<(json_schema|{'|'.join(MATERIAL_TAGS)})(?:\s[^<>]*)?>", re.IGNORECASE)
_NUMBERED = re.compile(r"<passage\s[^<>]*?\bnumber=\"(\d{1,3})\"[^<>]*>(.*?)</passage\s*>", re.IGNORECASE | re.DOTALL)
_ANY_TAG = re.compile(r"</?[a-zA-Z_][\w-]*(?:\s[^<>]*)?>")
LONG_TEXT = 400  # characters: an untagged paragraph of this length beside an instruction is material


@dataclass(frozen=True, slots=True)
class Split:
    """A text taken apart: what speaks to the reader, what is quoted, the first schema that speaks, and passages that
    have a number."""

    outside: str
    inside: tuple[str, ...]
    schema: Mapping[str, Any] | None = None
    numbered: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What one turn says outside of its material."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """`said`: the turns before the last; `instruction`: the last turn; `material`: all texts of the conversation;
    `fresh`: those of the last turn; `numbered`: its passages that have a number, which are to be cited."""

    said: tuple[Said, ...]
    instruction: str
    material: tuple[str, ...]
    fresh: tuple[str, ...]
    system: str
    schema: Mapping[str, Any] | None
    numbered: tuple[tuple[int, str], ...] = ()

    @property
    def text(self) -> str:
        """What the last turn is about, as one text: its own material, or else all of it."""
        return "\n\n".join(self.fresh or self.material)


def read_prompt(prompt: Prompt) -> Reading:
    """Material of the whole conversation counts; a schema may stand in the API's field or in the prompt."""
    system = take_apart(prompt.system)
    said: list[Said] = []
    material = list(system.inside)
    schema = system.schema
    fresh: tuple[str, ...] = ()
    numbered: tuple[tuple[int, str], ...] = ()
    for turn in prompt.turns:
        parts = [_read_part(part) for part in turn.parts]
        said.append(Said(turn.role, "\n".join(part.outside for part in parts if part.outside)))
        fresh = tuple(text for part in parts for text in part.inside if text.strip())
        material.extend(fresh)
        numbered = tuple(passage for part in parts for passage in part.numbered)
        schema = next((part.schema for part in parts if part.schema is not None), schema)
    instruction = said.pop().text if said and said[-1].role == "user" else ""
    return Reading(tuple(said), instruction, tuple(material), fresh, system.outside, prompt.schema or schema, numbered)


def take_apart(text: str) -> Split:
    """A tag of material lasts until its LAST closing tag, so that a document cannot end its own quotation and speak
    as the user; a schema counts only outside of material."""
    outside: list[str] = []
    inside: list[str] = []
    schemas: list[Mapping[str, Any]] = []
    numbered: list[tuple[int, str]] = []
    rest = text
    while opened := _OPEN.search(rest):
        tag = opened[1].lower()
        closings = list(re.compile(rf"</{tag}\s*>", re.IGNORECASE).finditer(rest, opened.end()))
        closing = (closings[0] if tag == "json_schema" else closings[-1]) if closings else None
        quoted = rest[opened.end() : closing.start() if closing else len(rest)]
        outside.append(rest[: opened.start()])
        if tag == "json_schema":
            schemas.extend(schema for schema in [readable_schema(quoted)] if schema is not None)
        else:
            inside.append(_ANY_TAG.sub("\n", quoted).strip())
            numbered += [(int(number), passage.replace("&lt;", "<")) for number, passage in _NUMBERED.findall(quoted)]
        rest = rest[closing.end() :] if closing else ""
    outside.append(rest)
    spoken = "\n".join(piece.strip() for piece in outside if piece.strip())
    return Split(spoken, tuple(inside), next(iter(schemas), None), tuple(numbered))


def _read_part(part: Part) -> Split:
    if part.material:
        return Split("", (part.text,))
    split = take_apart(part.text)
    return split if split.inside or split.schema else _untagged(split.outside)


def _untagged(text: str) -> Split:
    """`Summarize this: <text>` and an instruction before or after a long paragraph, as tutorials write them."""
    head, colon, tail = text.partition(":")
    if colon and len(head) < 160 and "\n" not in head.strip() and len(tail.strip()) > LONG_TEXT // 2:
        return Split(head.strip(), (tail.strip(),))
    paragraphs = [paragraph.strip() for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()]
    if len(text) < LONG_TEXT or len(paragraphs) < 2:
        return Split(text, ())
    short = [paragraph for paragraph in (paragraphs[0], paragraphs[-1]) if len(paragraph) < LONG_TEXT // 2]
    long = [paragraph for paragraph in paragraphs if paragraph not in short]
    return Split("\n".join(short), ("\n\n".join(long),)) if short and long else Split(text, ())
