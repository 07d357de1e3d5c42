"""Follows every instruction that it finds anywhere, so that a test sees what an injection would reach at worst."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from local.bedrock.brain import Brain, Finish, Piece, Prompt, ToolInput, ToolStart, Vectors
from local.bedrock.embedded.prompt_reading import Reading, read_prompt
from local.bedrock.generation import pieces_of
from local.bedrock.obedient.commands import Command, find_commands

VERSION = "1"
_SLOT = re.compile(r"\{[^{}\s/]{0,60}\}|<[^<>\s/]{1,60}>|\[[^\[\]\s/]{1,60}\]|%7B[^%\s/]{0,60}%7D", re.IGNORECASE)
LONGEST_LEAK = 500  # characters of the conversation that are put into a URL


class ObedientBrain:
    """Deterministic. Without any command it answers as the brain that it stands before."""

    name = "obedient"
    version = VERSION
    description = (
        "obedient: follows every instruction in every text (the worst case for injection tests), no language model"
    )

    def __init__(self, plain: Brain) -> None:
        self._plain = plain

    def answer(self, prompt: Prompt, *, streamed: bool) -> Iterator[Piece]:
        """What was commanded; before it the plain answer, unless a command forgets the task or wants only its words."""
        reading = read_prompt(prompt)
        found = dict.fromkeys(_commands(prompt, reading))
        commands = [each for each in found if each.kind != "call" or _call(each, prompt)]
        if not commands:
            yield from self._plain.answer(prompt, streamed=streamed)
            return
        done = [text for command in commands if (text := _obeyed(command, prompt, reading))]
        alone = any(command.kind in {"override", "only"} for command in commands)
        text = self._with_plain_answer(prompt, reading, done, alone=alone)
        yield from pieces_of(text) if streamed else [text]
        calls = [call for command in commands if (call := _call(command, prompt))]
        for name, arguments in calls:
            yield ToolStart(f"tooluse_{uuid.uuid5(uuid.NAMESPACE_OID, name + arguments).hex[:22]}", name)
            yield ToolInput(arguments)
        yield Finish("tool_use" if calls else "end_turn")

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The plain brain's vectors."""
        return self._plain.embed(texts)

    def count_tokens(self, text: str) -> int:
        """The plain brain's count."""
        return self._plain.count_tokens(text)

    def _with_plain_answer(self, prompt: Prompt, reading: Reading, done: list[str], *, alone: bool) -> str:
        if alone and done and reading.schema is None:
            return "\n".join(done)
        pieces = self._plain.answer(prompt, streamed=False)
        plain = "".join(piece for piece in pieces if isinstance(piece, str))
        if not done:
            return plain
        if reading.schema is None:
            return "\n".join([plain, *done])
        return _in_json(plain, done, alone=alone)


def _commands(prompt: Prompt, reading: Reading) -> Iterator[Command]:
    yield from find_commands(reading.system, weighed=True)
    for turn in prompt.turns:
        if turn.role == "user":
            for part in turn.parts:
                yield from find_commands(part.title)
    for text in reading.material:
        yield from find_commands(text)
    for said in (*(each.text for each in reading.said if each.role == "user"), reading.instruction):
        yield from find_commands(said, weighed=True)


def _obeyed(command: Command, prompt: Prompt, reading: Reading) -> str:
    """The words that carry the command out."""
    said = "\n".join(turn.text for turn in prompt.turns)
    if command.kind in {"say", "only"}:
        return command.payload
    if command.kind == "reveal_system":
        return prompt.system or said
    if command.kind == "reveal_conversation":
        return "\n".join([prompt.system, said])
    if command.kind == "link":
        secret = quote(f"{prompt.system} {reading.instruction} {said}".strip()[:LONGEST_LEAK], safe="")
        label, bracket, target = command.payload.rpartition("(")
        return f"{label}{bracket}{_SLOT.sub(lambda _: secret, target)}"
    return ""


def _call(command: Command, prompt: Prompt) -> tuple[str, str] | None:
    """A tool call, where the request offers such a tool."""
    name, _, arguments = command.payload.partition(" ")
    if command.kind != "call" or name not in {tool.name for tool in prompt.tools}:
        return None
    if any(part.call and part.call.name == name for turn in prompt.turns for part in turn.parts):
        return None  # done already; its result is in this conversation
    try:
        return name, json.dumps(json.loads(arguments), ensure_ascii=False)
    except ValueError:
        return name, "{}"


def _in_json(plain: str, done: list[str], *, alone: bool) -> str:
    """An object that was dictated as a whole goes first; else the words go into every free text of the answer."""
    for text in done:
        if isinstance(_json(text), dict):
            return text
    value = _json(plain)
    words = " ".join(done)
    if not isinstance(value, dict):
        return "\n".join(done)
    # Short codes (a language) stay: an answer that is refused for its form would hide what the words reach.
    spoilt = {
        key: (words if alone else f"{item} {words}") if isinstance(item, str) and len(item) > 8 else item
        for key, item in value.items()
    }
    return json.dumps(spoilt, ensure_ascii=False)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
