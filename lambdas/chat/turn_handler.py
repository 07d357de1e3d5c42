"""POST /chat and POST /chat/stream: one turn of a conversation, whole or as server-sent events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from lambdas.chat.schema import Delta, Start, TurnBody, done_event, turn_answer
from lambdas.shared.adapters.aws_clients import bedrock_runtime, dynamodb, s3
from lambdas.shared.adapters.bedrock_chat_model import BedrockChatModel
from lambdas.shared.adapters.bedrock_guardrail_checker import BedrockGuardrailChecker
from lambdas.shared.adapters.dynamodb_conversation_store import DynamoDbConversationStore
from lambdas.shared.adapters.dynamodb_ledger import DynamoDbLedger
from lambdas.shared.adapters.dynamodb_memory_store import DynamoDbMemoryStore
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.adapters.s3_message_texts import S3MessageTexts
from lambdas.shared.domain.chat_model import SamplingParameters
from lambdas.shared.domain.guardrail import Guardrail, deployed_guardrail
from lambdas.shared.runtime.http import (
    Request,
    Response,
    Route,
    decode_body,
    http_handler,
    idempotent,
    json_response,
)
from lambdas.shared.runtime.observability import annotate
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.sse import sse_event, sse_response
from lambdas.shared.services.chat_turn import ChatTurn
from lambdas.shared.services.conversation_memory import ConversationMemory
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.paid_calls import PaidCallsLedger, paid_calls
from lambdas.shared.services.turn import Turn, TurnAnswer, TurnItem, TurnStarted

if TYPE_CHECKING:
    from lambdas.shared.domain.prompt import Prompt

# Time to the first piece, and between two; three attempts at it end well before the function's 300 s.
_READ_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Settings:
    """The function's environment."""

    conversations_table: str
    ledger_table: str
    idempotency_table: str
    results_bucket: str
    models: str
    history_tokens: int
    memory_summary: str
    conversation_days: int
    ledger_days: int
    guardrail_id: str
    guardrail_version: str
    guardrail_stream_mode: str
    guardrail_messages: str


@cache
def build_service() -> ChatTurn:
    """Pick the adapters."""
    settings = load_settings(Settings)
    client = bedrock_runtime(attempts=3, read_timeout_seconds=_READ_TIMEOUT_SECONDS)
    models = MeteredModels(
        models=BedrockChatModel(client),
        catalog=load_catalog(settings.models),
        ledger=PaidCallsLedger(DynamoDbLedger(dynamodb(), table=settings.ledger_table, days=settings.ledger_days)),
        intents="beside",
        guardrail=_guardrail(settings),
        checker=BedrockGuardrailChecker(client),
    )
    texts = S3MessageTexts(s3, bucket=settings.results_bucket)
    store = DynamoDbConversationStore(dynamodb(), table=settings.conversations_table, texts=texts)
    return ChatTurn(
        store=store,
        models=models,
        history_tokens=settings.history_tokens,
        conversation_days=settings.conversation_days,
        memory=_memory(settings, store, models),
    )


def _memory(settings: Settings, store: DynamoDbConversationStore, models: MeteredModels) -> ConversationMemory | None:
    if settings.memory_summary == "off":
        return None
    return ConversationMemory(
        conversations=store,
        memories=DynamoDbMemoryStore(dynamodb(), table=settings.conversations_table),
        models=models,
        load_prompt=_load_prompt,
        history_tokens=settings.history_tokens,
    )


def _load_prompt(version: str) -> Prompt:
    """The imports are for the first summary, after an answer."""
    from lambdas.shared.adapters.file_prompt_library import FilePromptLibrary

    return FilePromptLibrary().load(version)


def _guardrail(settings: Settings) -> Guardrail | None:
    return deployed_guardrail(
        settings.guardrail_id, settings.guardrail_version, settings.guardrail_stream_mode, settings.guardrail_messages
    )


@cache
def build_idempotency() -> Callable[[Route, Request], Response]:
    """What runs a route once for each `Idempotency-Key`; the imports are for requests that have one."""
    from lambdas.shared.adapters.dynamodb_idempotency_store import DynamoDbIdempotencyStore
    from lambdas.shared.runtime.idempotent_route import IdempotentRoutes
    from lambdas.shared.services.idempotent_calls import IdempotentCalls

    store = DynamoDbIdempotencyStore(dynamodb(), table=load_settings(Settings).idempotency_table)
    return IdempotentRoutes(calls=IdempotentCalls(store=store), paid_calls=paid_calls).run


def take_turn(request: Request) -> Response:
    """The whole answer as JSON."""
    answer = build_service().answer(_turn(request))
    _note(answer)
    return json_response(turn_answer(answer))


def stream_turn(request: Request) -> Response:
    """`start`, `delta`..., then `done` or `error`."""
    return sse_response(build_service().stream(_turn(request)), _encode)


def _turn(request: Request) -> Turn:
    body = decode_body(request, TurnBody)
    return Turn(
        caller=request.caller,
        message=body.message,
        model=body.model,
        conversation_id=body.conversation_id,
        system=body.system,
        parameters=body.parameters.sampling() if body.parameters else SamplingParameters(),
        remaining_seconds=request.remaining_seconds,
        after_answer=None if request.after_answer is None else request.after_answer.append,
    )


def _encode(item: TurnItem) -> bytes:
    if isinstance(item, str):
        return sse_event("delta", Delta(item))
    if isinstance(item, TurnStarted):
        return sse_event("start", Start(item.conversation_id, item.model))
    _note(item)
    return sse_event("done", done_event(item))


def _note(answer: TurnAnswer) -> None:
    reply = answer.reply
    annotate(model=reply.model, input_tokens=reply.usage.input_tokens, output_tokens=reply.usage.output_tokens)


handler = http_handler(
    {
        ("POST", "/chat"): idempotent(take_turn, build_idempotency),
        ("POST", "/chat/stream"): idempotent(stream_turn, build_idempotency),
    },
    scope="chat",
)
