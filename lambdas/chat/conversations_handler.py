"""GET, PATCH and DELETE of a caller's own conversations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from lambdas.chat.schema import (
    CONVERSATION_POSITION,
    MESSAGE_POSITION,
    ConversationsAnswer,
    TitleBody,
    conversation_answer,
    cursor_from,
    history_answer,
    page_size,
    position_from,
)
from lambdas.shared.adapters.aws_clients import dynamodb, s3
from lambdas.shared.adapters.dynamodb_conversation_store import DynamoDbConversationStore
from lambdas.shared.adapters.s3_message_texts import S3MessageTexts
from lambdas.shared.runtime.http import Request, Response, decode_body, http_handler, json_response
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.conversations import Conversations

_CONVERSATIONS_PER_PAGE = 20
_MESSAGES_PER_PAGE = 50


@dataclass(frozen=True)
class Settings:
    """The function's environment."""

    conversations_table: str
    results_bucket: str


@cache
def build_service() -> Conversations:
    """Pick the adapters."""
    settings = load_settings(Settings)
    texts = S3MessageTexts(s3, bucket=settings.results_bucket)
    return Conversations(store=DynamoDbConversationStore(dynamodb(), table=settings.conversations_table, texts=texts))


def list_conversations(request: Request) -> Response:
    """Newest first."""
    page = build_service().newest(
        request.caller,
        limit=page_size(request.query.get("limit"), default=_CONVERSATIONS_PER_PAGE),
        after=position_from(request.query.get("cursor"), CONVERSATION_POSITION),
    )
    items = tuple(conversation_answer(conversation) for conversation in page.items)
    return json_response(ConversationsAnswer(items, cursor_from(page.after)))


def read_conversation(request: Request) -> Response:
    """The header and a page of messages, oldest first."""
    conversation, page = build_service().read(
        request.caller,
        request.path_parameters["id"],
        limit=page_size(request.query.get("limit"), default=_MESSAGES_PER_PAGE),
        after=position_from(request.query.get("cursor"), MESSAGE_POSITION),
    )
    return json_response(history_answer(conversation, page))


def rename_conversation(request: Request) -> Response:
    """A new title; answers with the header."""
    title = decode_body(request, TitleBody).title.strip()
    return json_response(
        conversation_answer(build_service().rename(request.caller, request.path_parameters["id"], title))
    )


def delete_conversation(request: Request) -> Response:
    """Everything of it; 204."""
    build_service().delete(request.caller, request.path_parameters["id"])
    return Response(204)


handler = http_handler(
    {
        ("GET", "/conversations"): list_conversations,
        ("GET", "/conversations/{id}"): read_conversation,
        ("PATCH", "/conversations/{id}"): rename_conversation,
        ("DELETE", "/conversations/{id}"): delete_conversation,
    },
    scope="chat",
)
