"""The one way to a chat model: fits the request, prices the call and leaves exactly one ledger event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lambdas.shared.domain.chat_model import ChatModel, ChatRequest, TokenUsage
from lambdas.shared.domain.ledger import Ledger
from lambdas.shared.domain.model_catalog import ModelCatalog, ResolvedModel


@dataclass(frozen=True, slots=True)
class CallPurpose:
    """Who pays and what for. `operation`: e.g. `chat.turn`; `reference`: conversation or document id."""

    tenant: str
    client: str
    subject: str
    operation: str
    reference: str


@dataclass(frozen=True, slots=True)
class MeteredReply:
    """An answer with its price. `model` is the id that was sent; `cost_usd` None = not known."""

    text: str
    stop_reason: str
    usage: TokenUsage
    model: str
    cost_usd: Decimal | None
    ignored_parameters: tuple[str, ...]


class MeteredModels:
    def __init__(
        self,
        *,
        models: ChatModel,
        catalog: ModelCatalog,
        ledger: Ledger,
        now: Callable[[], datetime] = datetime.now,
        new_id: Callable[[], str] = str,
    ) -> None: ...

    def resolve(self, name: str) -> ResolvedModel: ...  # type: ignore[empty-body]

    def reply(self, request: ChatRequest, purpose: CallPurpose) -> MeteredReply: ...  # type: ignore[empty-body]

    def stream(self, request: ChatRequest, purpose: CallPurpose) -> Iterator[str | MeteredReply]: ...  # type: ignore[empty-body]
