"""What answers: the `Brain` protocol, and the prompt that every wire format is read into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model asked for; `arguments` is a JSON object as text."""

    tool_use_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a turn. `material` parts are documents and results: read, quoted, never obeyed. `call`: a tool call
    of the assistant's; `answers`: the id of the call whose result this is."""

    text: str
    material: bool = False
    title: str = ""
    call: ToolCall | None = None
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation."""

    role: Literal["user", "assistant"]
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All parts as one text, in order."""
        return "\n\n".join(part.text for part in self.parts if part.text)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the model may call; `schema` is that of its input."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A request in one form over all wire formats. `schema`: the JSON schema asked for by the API, if any;
    `tool_choice`: `auto`, `any` or a tool's name."""

    model_id: str
    turns: tuple[Turn, ...]
    system: str = ""
    schema: Mapping[str, Any] | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"


@dataclass(frozen=True, slots=True)
class ToolStart:
    """The brain begins a tool call; pieces of its input follow."""

    tool_use_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolInput:
    """A piece of the JSON text that is the started call's input."""

    text: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Why a brain stopped, where it knows better than its caller: Converse's words (`max_tokens`, ...)."""

    stop_reason: str


Piece = str | ToolStart | ToolInput | Finish


class Brain(Protocol):
    """Anything that can stand behind the local Bedrock. Implementations are used by many threads at once."""

    @property
    def name(self) -> str:
        """One word for answers' metadata, e.g. `embedded`."""
        ...

    @property
    def version(self) -> str:
        """What exactly answers: a version or a model's name."""
        ...

    @property
    def description(self) -> str:
        """One line for people on what answers."""
        ...

    def answer(self, prompt: Prompt, *, streamed: bool) -> Iterator[Piece]:
        """Yield the answer's pieces, at a reader's pace when `streamed`: text, then tool calls (only of
        `prompt.tools`); a `Finish` may come last.

        Raises a `BedrockError`, before the first piece or in mid-stream.
        """
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One L2-normalized row of 256 dimensions for each text."""
        ...

    def count_tokens(self, text: str) -> int:
        """An approximation: no tokenizer of a hosted model is public."""
        ...
