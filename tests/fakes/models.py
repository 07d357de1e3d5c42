"""Fakes of the model ports, and a small catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from lambdas.shared.domain.chat_model import ChatReply, ChatRequest, TokenUsage
from lambdas.shared.domain.errors import ModelStreamInterruptedError
from lambdas.shared.domain.ledger import LedgerEvent
from lambdas.shared.domain.model_card import Capabilities, InferenceProfile, ModelCard, Prices
from lambdas.shared.domain.model_catalog import ModelCatalog

Script = str | ChatReply | Exception | Callable[[ChatRequest], "str | ChatReply"]


class ScriptedChatModel:
    """Answers with the script's entries in turn; the last one repeats. An entry is a text, a whole reply, an error
    to raise, or a function of the request. `requests` keeps what was asked.

    Streams cut the text into the pieces of `pieces` (default: words). With `interrupt_after=n`, a stream breaks with
    `ModelStreamInterruptedError` (or with the error given as `interruption`) after n pieces.
    """

    def __init__(
        self,
        *script: Script,
        pieces: Callable[[str], Sequence[str]] | None = None,
        interrupt_after: int | None = None,
        interruption: Exception | None = None,
    ) -> None:
        self.requests: list[ChatRequest] = []
        self.closed_streams = 0
        self._script: list[Script] = list(script) or ["Hello."]
        self._pieces = pieces or _words
        self._interrupt_after = interrupt_after
        self._interruption = interruption or ModelStreamInterruptedError("the stream broke")

    def then(self, *script: Script) -> None:
        """Forget the script and follow this one."""
        self._script[:] = script

    def reply(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        entry = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(entry, Exception):
            raise entry
        answer = entry(request) if callable(entry) else entry
        return answer if isinstance(answer, ChatReply) else _reply_with(answer, request)

    def stream(self, request: ChatRequest) -> Iterator[str | ChatReply]:
        reply = self.reply(request)
        try:
            for number, piece in enumerate(self._pieces(reply.text)):
                if number == self._interrupt_after:
                    raise self._interruption
                yield piece
            if self._interrupt_after is not None:
                raise self._interruption
            yield reply
        finally:
            self.closed_streams += 1


class InMemoryLedger:
    """Keeps events in order of arrival; `failing` makes every record fail (to test that answers survive it)."""

    def __init__(self, *, failing: Exception | None = None) -> None:
        self._events: dict[str, LedgerEvent] = {}
        self.failing = failing

    def intend(self, intent: LedgerEvent) -> None:
        if self.failing is not None:
            raise self.failing
        self._events.setdefault(intent.call_id, intent)

    def record(self, event: LedgerEvent) -> None:
        if self.failing is not None:
            raise self.failing
        self._events[event.call_id] = event

    @property
    def events(self) -> list[LedgerEvent]:
        return list(self._events.values())


FULL_CAPABILITIES = Capabilities(
    temperature=True,
    top_p=True,
    top_k_field="top_k",
    both_temperature_and_top_p=True,
    stop_sequences=True,
    system=True,
    streaming=True,
)
SIMPLE_PRICES = Prices(
    input=Decimal(1),
    output=Decimal(2),
    cache_read=Decimal("0.1"),
    cache_write=Decimal("1.25"),
    batch_input=Decimal("0.5"),
    batch_output=Decimal(1),
    as_of="2026-11-21",
    source="a test",
)


def model_card(model_id: str = "acme.small-v1:0", **changes: Any) -> ModelCard:
    """A chat model that takes everything: $1 in, $2 out per million tokens, 10,000 tokens of context, profiles us
    (1.1) and global (1). Any field of ModelCard may be changed; `capabilities` may be a dict of changes."""
    card = ModelCard(
        id=model_id,
        provider="Acme",
        kind="chat",
        on_demand=True,
        context_tokens=10_000,
        max_output_tokens=1_000,
        prices=SIMPLE_PRICES,
        capabilities=FULL_CAPABILITIES,
        profiles={"us": InferenceProfile(Decimal("1.1")), "global": InferenceProfile(Decimal(1))},
    )
    if isinstance(changes.get("capabilities"), dict):
        changes["capabilities"] = FULL_CAPABILITIES._replace(**changes["capabilities"])
    return card._replace(**changes)


def small_catalog(
    *cards: ModelCard, aliases: dict[str, str] | None = None, allowed: Iterable[str] = ()
) -> ModelCatalog:
    """A catalogue of the given cards (default: `acme.small-v1:0` and `acme.large-v1:0`); aliases fast and balanced
    -> the first, best -> the last; all bare ids are allowed."""
    known = cards or (model_card(), model_card("acme.large-v1:0"))
    names = aliases or {"fast": known[0].id, "balanced": known[0].id, "best": known[-1].id}
    return ModelCatalog(known, aliases=names, allowed=[*(card.id for card in known), *allowed])


def _reply_with(text: str, request: ChatRequest) -> ChatReply:
    words = sum(len(message.text.split()) for message in request.messages) + len((request.system or "").split())
    return ChatReply(text=text, stop_reason="end_turn", usage=TokenUsage(max(words, 1), max(len(text.split()), 1)))


def _words(text: str) -> list[str]:
    words = text.split(" ")
    return [word if number == 0 else f" {word}" for number, word in enumerate(words)] if text else []
