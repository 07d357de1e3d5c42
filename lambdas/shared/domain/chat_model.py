"""The one way to call a chat model: a request and an answer over all providers (Bedrock's Converse, in our words)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from lambdas.shared.domain.attachment import Attachment
from lambdas.shared.domain.guardrail import Guardrail, GuardrailReport

Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message; `text` is plain text. `guarded`: a guardrail that is asked assesses this message, and bills it.
    `attachment`: a file beside the text, which a guardrail does not read."""

    role: Role
    text: str
    guarded: bool = False
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True)
class SamplingParameters:
    """How to generate. None = the model's own default; `max_tokens` counts output tokens."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is sent. `messages` alternate, begin and end with `user`; `model_id` is a Bedrock model or profile id.

    `guardrail` assesses the guarded messages (all of them where none is) and the answer; MeteredModels sets it.
    """

    model_id: str
    messages: tuple[ChatMessage, ...]
    system: str | None = None
    parameters: SamplingParameters = SamplingParameters()
    guardrail: Guardrail | None = None


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Token counts of one call, as the provider bills them; `input_tokens` excludes the cached ones."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    def plus(self, other: TokenUsage) -> TokenUsage:
        """The sum of both."""
        return TokenUsage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What came back. `stop_reason` is Converse's: end_turn, max_tokens, stop_sequence, guardrail_intervened, ...

    `guardrail`: what the guardrail said, None where none was asked or it said nothing.
    """

    text: str
    stop_reason: str
    usage: TokenUsage
    guardrail: GuardrailReport | None = None


class ChatModel(Protocol):
    """A model behind any transport.

    Both raise `ModelThrottledError`, `ModelUnavailableError`, `ModelNotEnabledError` or
    `ModelRefusedRequestError`.
    """

    def reply(self, request: ChatRequest) -> ChatReply:
        """Send the request and wait for the whole answer."""
        ...

    def stream(self, request: ChatRequest) -> Iterator[str | ChatReply]:
        """Yield the answer's pieces as they arrive, then one `ChatReply` with all of it.

        The first `next()` sends the request, so errors before the first piece surface there; a break after it
        raises `ModelStreamInterruptedError`.
        """
        ...
