"""POST /chat and POST /chat/stream: one turn of a conversation, whole or as server-sent events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lambdas.chat.schema import TurnBody, done_event, turn_answer
from lambdas.shared.adapters.aws_clients import bedrock_runtime, dynamodb
from lambdas.shared.adapters.bedrock_chat_model import BedrockChatModel
from lambdas.shared.adapters.dynamodb_conversation_store import DynamoDbConversationStore
from lambdas.shared.adapters.dynamodb_ledger import DynamoDbLedger
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.domain.chat_model import SamplingParameters
from lambdas.shared.runtime.http import Request, Response, decode_body, http_handler, json_response
from lambdas.shared.runtime.observability import annotate
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.runtime.sse import sse_event, sse_response
from lambdas.shared.services.chat_turn import ChatTurn
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.turn import Turn, TurnAnswer, TurnItem, TurnStarted

# Time to the first piece, and between two; three attempts at it end well before the function's 300 s.
_READ_TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Settings:
    """The function's environment."""

    conversations_table: str
    ledger_table: str
    models: str
    history_tokens: int
    conversation_days: int
    ledger_days: int


@cache
def build_service() -> ChatTurn:
    """Pick the adapters."""
    settings = load_settings(Settings)
    models = MeteredModels(
        models=BedrockChatModel(bedrock_runtime(attempts=3, read_timeout_seconds=_READ_TIMEOUT_SECONDS)),
        catalog=load_catalog(settings.models),
        ledger=DynamoDbLedger(dynamodb(), table=settings.ledger_table, days=settings.ledger_days),
    )
    return ChatTurn(
        store=DynamoDbConversationStore(dynamodb(), table=settings.conversations_table),
        models=models,
        history_tokens=settings.history_tokens,
        conversation_days=settings.conversation_days,
    )


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
    )


def _encode(item: TurnItem) -> bytes:
    if isinstance(item, str):
        return sse_event("delta", {"text": item})
    if isinstance(item, TurnStarted):
        return sse_event("start", {"conversation_id": item.conversation_id, "model": item.model})
    _note(item)
    return sse_event("done", done_event(item))


def _note(answer: TurnAnswer) -> None:
    reply = answer.reply
    annotate(model=reply.model, input_tokens=reply.usage.input_tokens, output_tokens=reply.usage.output_tokens)


handler = http_handler({("POST", "/chat"): take_turn, ("POST", "/chat/stream"): stream_turn}, scope="chat")
