"""Reads a prompt string that marks its turns: Llama 3, `[INST]`, `Human:`/`Assistant:`, `User:`/`Bot:`."""

from __future__ import annotations

import re
from typing import Literal, cast

from local.bedrock.brain import Part, Turn

Spoken = tuple[str, str]  # role (system, user, assistant), text
_LLAMA_3 = re.compile(
    r"<\|start_header_id\|>\s*(\w+)\s*<\|end_header_id\|>(.*?)(?=<\|start_header_id\|>|\Z)", re.DOTALL
)
_INST = re.compile(r"\[INST\](.*?)\[/INST\]([^\[]*)", re.DOTALL)
_SYSTEM = re.compile(r"<<SYS>>(.*?)<</SYS>>", re.DOTALL)
_NAMED = re.compile(r"^(Human|User|Assistant|Bot):", re.MULTILINE)
_SPECIAL = re.compile(r"</?s>|<\|[a-z_]+\|>")


def read_dialogue(prompt: str) -> tuple[str, tuple[Turn, ...]]:
    """System text and turns; a prompt without marks is one turn of the user's."""
    spoken = _llama(prompt) or _instructions(prompt) or _named(prompt) or [("user", prompt)]
    clean = [(role, _SPECIAL.sub("", text).strip()) for role, text in spoken]
    system = "\n\n".join(text for role, text in clean if role == "system")
    turns = [_turn(role, text) for role, text in clean if role != "system" and text]
    while turns and turns[-1].role == "assistant":
        turns.pop()  # the beginning of an answer: the local brains start their own
    return system, tuple(turns) or (_turn("user", prompt.strip()),)


def _turn(role: str, text: str) -> Turn:
    return Turn(cast(Literal["user", "assistant"], role), (Part(text),))


def _llama(prompt: str) -> list[Spoken]:
    roles = {"system": "system", "user": "user", "assistant": "assistant"}
    return [(roles.get(role, "user"), text) for role, text in _LLAMA_3.findall(prompt)]


def _instructions(prompt: str) -> list[Spoken]:
    spoken: list[Spoken] = []
    for asked, answered in _INST.findall(prompt):
        spoken += [("system", text) for text in _SYSTEM.findall(asked)]
        spoken += [("user", _SYSTEM.sub("", asked)), ("assistant", answered)]
    return spoken


def _named(prompt: str) -> list[Spoken]:
    marks = list(_NAMED.finditer(prompt))
    if not any(mark[1] in {"Human", "User"} for mark in marks):
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(prompt)]
    head = prompt[: marks[0].start()].strip()
    spoken: list[Spoken] = [("system", head)] if head else []
    for mark, end in zip(marks, ends, strict=True):
        role = "user" if mark[1] in {"Human", "User"} else "assistant"
        spoken.append((role, prompt[mark.end() : end]))
    return spoken
