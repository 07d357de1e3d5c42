"""The one way to a chat model: fits the request, takes the guardrail along, prices the call, keeps the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple, NoReturn
from uuid import uuid4

from lambdas.shared.domain.chat_model import ChatModel, ChatReply, ChatRequest, TokenUsage
from lambdas.shared.domain.errors import (
    ContextTooLongError,
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelStreamInterruptedError,
    ModelThrottledError,
    UnknownModelError,
)
from lambdas.shared.domain.fit import estimate_input_tokens, fit
from lambdas.shared.domain.guardrail import Guardrail, GuardrailChecker
from lambdas.shared.domain.ledger import UNSETTLED, Ledger, LedgerEvent, Outcome
from lambdas.shared.domain.model_catalog import ModelCatalog, ResolvedModel
from lambdas.shared.domain.price import ZERO_USD, price
from lambdas.shared.domain.tokens import estimate_tokens
from lambdas.shared.services.call_ledger import CallLedger, IntentTiming, OpenCall, error_code
from lambdas.shared.services.guarding import Guarding, GuardrailBill, HeldBack, blocked_error, is_blocked, total

_NO_TOKENS = TokenUsage(input_tokens=0, output_tokens=0)
# The provider answered that it would not do the work, and it does not bill for saying so.
_REFUSALS = (ModelThrottledError, ModelNotEnabledError, ModelRefusedRequestError, ContextTooLongError)


class CallPurpose(NamedTuple):
    """Who pays and what for. `operation`: e.g. `chat.turn`; `reference`: conversation or document id."""

    tenant: str
    client: str
    subject: str
    operation: str
    reference: str


class MeteredReply(NamedTuple):
    """An answer with its price. `model` is the id that was sent; `cost_usd` None = not known, else with
    `guardrail_usd`, the guardrail's part, which is 0 where none was asked."""

    text: str
    stop_reason: str
    usage: TokenUsage
    model: str
    cost_usd: Decimal | None
    ignored_parameters: tuple[str, ...]
    guardrail_usd: Decimal | None = ZERO_USD


class _Prepared(NamedTuple):
    request: ChatRequest
    resolved: ResolvedModel
    ignored: tuple[str, ...]
    purpose: CallPurpose


class _Call(NamedTuple):
    request: ChatRequest
    resolved: ResolvedModel
    ignored: tuple[str, ...]
    opened: OpenCall


class MeteredModels:
    """Calls chat models for money.

    A call has a row in the ledger from its start, and its event there before the answer is handed out. `intents`:
    whether the call waits for its first row, see `CallLedger`. `guardrail` None = no content policy; `checker`: see
    `Guarding`.
    """

    def __init__(
        self,
        *,
        models: ChatModel,
        catalog: ModelCatalog,
        ledger: Ledger,
        intents: IntentTiming = "before",
        guardrail: Guardrail | None = None,
        checker: GuardrailChecker | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        self._models = models
        self._catalog = catalog
        self._ledger = CallLedger(ledger, intents=intents)
        self._now = now
        self._new_id = new_id
        self._guarding = Guarding(guardrail=guardrail, checker=checker, prices=catalog.guardrail_prices)

    @property
    def unrecorded(self) -> int:
        """How many events could not be written, and stand in the log instead."""
        return self._ledger.unrecorded

    @property
    def pieces_are_assessed(self) -> bool:
        """Whether what has arrived of a stream has passed the content policy, before its end."""
        return self._guarding.assesses_before_sending

    def resolve(self, name: str) -> ResolvedModel:
        """What `name` (alias, model id, profile id or ARN) stands for. Raises UnknownModelError."""
        return self._catalog.resolve(name)

    def reply(self, request: ChatRequest, purpose: CallPurpose) -> MeteredReply:
        """Send the request and wait for the whole answer; `request.model_id` may be an alias.

        Raises UnknownModelError, ContextTooLongError and LedgerUnavailableError before anything is sent, then what
        `ChatModel` raises and BlockedByGuardrailError.
        """
        call = self._open(self._prepare(request, purpose))
        try:
            reply = self._models.reply(call.request)
        except BaseException as error:
            self._record_failure(call, error)
            raise
        return self._complete(call, reply)

    def stream(self, request: ChatRequest, purpose: CallPurpose) -> Iterator[str | MeteredReply]:
        """The answer's pieces as they arrive, then one MeteredReply.

        UnknownModelError and ContextTooLongError are raised at once, LedgerUnavailableError and the provider's errors
        by `next()`. Closing the iterator early ends the call; what had arrived is recorded as interrupted.
        BlockedByGuardrailError may come instead of the first piece or after some; then none of them may be kept.
        """
        return self._stream(self._prepare(request, purpose, streams=True))

    def _prepare(self, request: ChatRequest, purpose: CallPurpose, *, streams: bool = False) -> _Prepared:
        resolved = self._catalog.resolve(request.model_id)
        if resolved.card.kind != "chat":
            raise UnknownModelError(f"{resolved.model_id} is no chat model (it is for {resolved.card.kind})")
        fitted, ignored = fit(request, resolved.card)
        if fitted.model_id != resolved.model_id:
            fitted = replace(fitted, model_id=resolved.model_id)
        return _Prepared(self._guarding.attach(fitted, streams=streams), resolved, ignored, purpose)

    def _open(self, prepared: _Prepared) -> _Call:
        request, resolved, ignored, purpose = prepared
        intent = LedgerEvent(
            call_id=self._new_id(),
            at=self._now(),
            **purpose._asdict(),
            model=request.model_id,
            outcome="uncertain",
            usage=TokenUsage(estimate_input_tokens(request), 0),
            cost_usd=None,
            estimated=True,
            error_code=UNSETTLED,
            prices_as_of=resolved.card.prices.as_of,
        )
        return _Call(request, resolved, ignored, self._ledger.open(intent))

    def _stream(self, prepared: _Prepared) -> Iterator[str | MeteredReply]:
        call = self._open(prepared)
        arrived: list[str] = []
        held = HeldBack(call.request.guardrail)
        pieces = self._models.stream(call.request)
        try:
            for piece in pieces:
                if isinstance(piece, ChatReply):
                    reply = piece
                    break
                arrived.append(piece)
                yield from held.take(piece)
            else:
                _refuse_half_an_answer()
        except BaseException as error:  # GeneratorExit too: a client that hangs up has still been served
            self._record_failure(call, error, "".join(arrived))
            raise
        finally:
            getattr(pieces, "close", _nothing)()
        completed = self._complete(call, reply)
        yield from held.rest()
        yield completed

    def _complete(self, call: _Call, reply: ChatReply) -> MeteredReply:
        try:
            reply = self._guarding.check(call.request, reply)
        except BaseException as error:  # the answer is paid for, though nobody may see it
            self._record_reply(call, "completed", reply, error_code(error))
            raise
        if is_blocked(reply):
            refusal = blocked_error(reply)
            refusal.cost_usd, refusal.guardrail_usd = self._record_reply(call, "blocked", reply, refusal.code)
            raise refusal
        cost, guardrail = self._record_reply(call, "completed", reply)
        return MeteredReply(
            text=reply.text,
            stop_reason=reply.stop_reason,
            usage=reply.usage,
            model=call.request.model_id,
            cost_usd=cost,
            ignored_parameters=call.ignored,
            guardrail_usd=guardrail,
        )

    def _record_reply(
        self, call: _Call, outcome: Outcome, reply: ChatReply, error_code: str | None = None
    ) -> tuple[Decimal | None, Decimal | None]:
        """The event of an answer; returns its price, and the guardrail's part of it."""
        bill = self._guarding.bill(call.request, reply.text, reply.guardrail)
        cost = self._price(call, reply.usage, bill)
        event = call.opened.intent._replace(
            outcome=outcome,
            usage=reply.usage,
            cost_usd=cost,
            stop_reason=reply.stop_reason,
            error_code=error_code,
            estimated=bill is not None and bill.estimated,
            guardrail_usd=bill.usd if bill else None,
        )
        self._ledger.settle(call.opened, event)
        return cost, bill.usd if bill else ZERO_USD

    def _record_failure(self, call: _Call, error: BaseException, arrived: str = "") -> None:
        event = call.opened.intent._replace(error_code=error_code(error))
        if not arrived and isinstance(error, _REFUSALS):
            event = event._replace(outcome="refused", usage=_NO_TOKENS, cost_usd=ZERO_USD, estimated=False)
        elif arrived or isinstance(error, ModelStreamInterruptedError):
            usage = replace(event.usage, output_tokens=estimate_tokens(arrived))
            bill = self._guarding.bill(call.request, arrived, None)
            cost, guardrail_usd = self._price(call, usage, bill), bill.usd if bill else None
            event = event._replace(outcome="interrupted", usage=usage, cost_usd=cost, guardrail_usd=guardrail_usd)
        self._ledger.settle(call.opened, event)

    def _price(self, call: _Call, usage: TokenUsage, bill: GuardrailBill | None) -> Decimal | None:
        return total(price(usage, call.resolved.card.prices, ratio=call.resolved.price_ratio), bill)


def _refuse_half_an_answer() -> NoReturn:
    raise ModelStreamInterruptedError("the answer's stream ended before its last event")


def _nothing() -> None:
    """Iterators that are no generators have nothing to close."""
