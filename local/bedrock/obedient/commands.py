"""Finds commands in a text, wherever they stand and whoever wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from local.bedrock.embedded.sentences import split_sentences

Kind = Literal["override", "say", "only", "reveal_system", "reveal_conversation", "link", "call"]


@dataclass(frozen=True, slots=True)
class Command:
    """`override` forgets the task; `say` and `only` carry the words; `link` a URL or Markdown; `call` a tool's name
    and arguments."""

    kind: Kind
    payload: str = ""


_QUOTED = r"[\"“'‘`«](?P<quoted>.{1,2000}?)[\"”'’`»](?![\w])"
_OVERRIDE = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|ignoriere|vergiss|oublie[zr]?|ignora|olvida)\b.{0,60}"
    r"\b(?:instructions?|prompts?|rules|guidelines|above|before|task|question|anweisungen|regeln|instrucciones)\b"
    r"|무시하",
    re.IGNORECASE,
)
_ONLY = re.compile(
    rf"\b(?:(?:answer|reply|respond)\s+only\s+with|only\s+(?:answer|reply|respond|say|output|write)(?:\s+with)?"
    rf"|(?:your )?(?:whole|entire|only|complete) (?:answer|reply|response|output) (?:must be|should be|is))\s*:?\s*"
    rf"(?:{_QUOTED}|(?P<rest>.+))",
    re.IGNORECASE | re.DOTALL,
)
_FILLERS = (
    r"your|the|this|that|every|each|its|an?|exactly|following|words?|word|sentence|phrase|text|line|answer|reply"
    r"|response|summary|output|title|with|by saying|after me|saying|in|to|at|of|end|top|start|beginning"
)
_VERBS = (
    r"say|write|print|output|reply|respond|answer|repeat|append|insert|add|include|mention|state|begin|start|end"
    r"|finish|return|display|tell (?:the user|them|everyone|him|her)"
)
_SAY = re.compile(
    rf"\b(?:{_VERBS})\b(?:\s+(?:{_FILLERS})\b)*\s*:?\s*(?:{_QUOTED}|(?P<rest>.+))", re.IGNORECASE | re.DOTALL
)
# An imperative: the verb opens the sentence, after at most a few words that address the reader.
_OPENING = re.compile(
    r"\W*(?:(?:please|now|then|also|instead|always|you must|you should|you will|assistant|ai|model|system|note"
    r"|important|instructions?|attention|and|first|finally|from now on|new instructions?"
    rf"|to the (?:ai|assistant|model|reader))\W+)*(?:{_VERBS})\b",
    re.IGNORECASE,
)
_SECRETS = (
    r"(?:system (?:prompt|message|text|instructions?)|(?:hidden|initial|secret|own) (?:prompt|instructions?|rules)"
    r"|your (?:instructions|prompt|rules))"
)
_REVEAL = (
    r"(?:reveal|print|show|repeat|output|tell|leak|expose|dump|display|give|send|write|include|quote|copy"
    r"|what (?:is|are|was|were))"
)
_REVEAL_SYSTEM = re.compile(rf"\b{_REVEAL}\b.{{0,60}}\b{_SECRETS}\b", re.IGNORECASE)
_REVEAL_CONVERSATION = re.compile(
    rf"\b{_REVEAL}\b.{{0,60}}\b(?:(?:whole |entire |full |previous |earlier )?(?:conversation|chat history|messages"
    r"|everything above|other documents?|secrets?|passwords?|api keys?|credentials))\b",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"!?\[[^\]\n]{0,200}\]\([^)\s]{1,2000}\)")
_URL = re.compile(r"https?://[^\s)>\"'”]+(?<![.,;:!?])")
_LINK = re.compile(
    r"\b(?:include|add|insert|append|show|render|embed|display|put|output|print|write|click|visit|open|fetch|load|link)\b",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"\b(?:call|use|invoke|run|execute)\s+(?:the\s+)?(?:tool|function)?\s*[`\"'“]?(?P<name>[A-Za-z_][\w-]{1,63})[`\"'”]?"
    r"(?:\s+(?:tool|function))?(?:\s+(?:with|on)(?:\s+(?:the\s+)?(?:input|arguments?|parameters?))?\s*:?\s*(?P<arguments>\{.*\}))?",
    re.IGNORECASE | re.DOTALL,
)


def find_commands(text: str, *, weighed: bool = False) -> list[Command]:
    """In the text's order. `weighed`: only words in quotation marks and attacks count, not every imperative; so the
    deployment's own prompt is not read as an order to say its words."""
    lines = [line for block in text.split("\n") for line in split_sentences(block) or []]
    return [command for line in lines for command in _in(line, weighed)]


def _in(sentence: str, weighed: bool) -> Iterator[Command]:
    override = bool(_OVERRIDE.search(sentence))
    if override:
        yield Command("override")
    if _REVEAL_SYSTEM.search(sentence):
        yield Command("reveal_system")
        return
    if _REVEAL_CONVERSATION.search(sentence):
        yield Command("reveal_conversation")
        return
    links = _MARKDOWN.findall(sentence) or _URL.findall(sentence)
    if links and _LINK.search(sentence):
        yield from (Command("link", link) for link in links)
        return
    call = _CALL.search(sentence)
    if call:
        yield Command("call", f"{call['name']} {call['arguments'] or '{}'}")
    yield from _words(sentence, weighed and not override, override=override)


def _words(sentence: str, quoted_only: bool, *, override: bool) -> Iterator[Command]:
    only = _ONLY.search(sentence)
    found = only or (_SAY.search(sentence) if override or _OPENING.match(sentence) else None)
    if found is None:
        return
    payload = found["quoted"] or ("" if quoted_only else (found["rest"] or ""))
    payload = payload.strip().strip("\"“”'‘’`«»")
    if payload:
        yield Command("only" if only else "say", payload)
