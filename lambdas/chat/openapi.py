"""The chat and conversation operations, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from lambdas.chat.openapi_examples import ANSWER, CONVERSATION, HISTORY, STREAM, TURN
from lambdas.chat.schema import (
    MAX_PAGE,
    Answer,
    ConversationAnswer,
    ConversationsAnswer,
    Delta,
    Done,
    HistoryAnswer,
    Start,
    TitleBody,
    TurnBody,
)
from lambdas.shared.domain import errors
from lambdas.shared.runtime.operation import Operation, Parameter, page_parameters

_CONVERSATION = Parameter(
    name="id",
    place="path",
    schema={"type": "string", "pattern": "^conv_[0-9a-hjkmnp-tv-z]{26}$"},
    description="A conversation of yours. Somebody else's is a 404, like one that does not exist.",
    example=CONVERSATION["conversation_id"],
)
_MODEL_ERRORS = (
    errors.ModelError,
    errors.ModelThrottledError,
    errors.ModelUnavailableError,
    errors.ModelNotEnabledError,
    errors.ModelRefusedRequestError,
    errors.ModelStreamInterruptedError,
)
_TURN: dict[str, Any] = {
    "method": "POST",
    "tag": "chat",
    "handler": "chat/turn",
    "scope": "chat",
    "body": TurnBody,
    "body_example": TURN,
    "idempotent": True,
    "errors": (
        errors.UnknownModelError,
        errors.NotFoundError,
        errors.ConversationBusyError,
        errors.TooLargeError,
        errors.ContextTooLongError,
        errors.BlockedByGuardrailError,
        *_MODEL_ERRORS,
    ),
}
_READ: dict[str, Any] = {"tag": "conversations", "handler": "chat/conversations", "scope": "chat"}
_ONE: dict[str, Any] = {**_READ, "path": "/conversations/{id}"}

OPERATIONS = (
    Operation(
        **_TURN,
        path="/chat",
        name="chat",
        summary="One turn, answered whole",
        description="The message and the answer are stored together, once the model has answered.",
        answer=Answer,
        answer_example=ANSWER,
    ),
    Operation(
        **_TURN,
        path="/chat/stream",
        name="streamChat",
        summary="One turn as server-sent events",
        description="`start`, then `delta` for each piece, then `done`, or `error` with a problem object.",
        events={"start": Start, "delta": Delta, "done": Done},
        answer_example=STREAM,
    ),
    Operation(
        **_READ,
        method="GET",
        path="/conversations",
        name="listConversations",
        summary="My conversations, newest first",
        parameters=page_parameters(default=20, largest=MAX_PAGE),
        answer=ConversationsAnswer,
        answer_example={"items": [CONVERSATION], "next_cursor": None},
    ),
    Operation(
        **_ONE,
        method="GET",
        name="getConversation",
        summary="One with its messages, oldest first",
        parameters=(_CONVERSATION, *page_parameters(default=50, largest=MAX_PAGE)),
        answer=HistoryAnswer,
        answer_example=HISTORY,
        errors=(errors.NotFoundError,),
    ),
    Operation(
        **_ONE,
        method="PATCH",
        name="renameConversation",
        summary="Give it a title",
        parameters=(_CONVERSATION,),
        body=TitleBody,
        body_example={"title": "Heron, the telescope"},
        answer=ConversationAnswer,
        answer_example={**CONVERSATION, "title": "Heron, the telescope"},
        errors=(errors.NotFoundError,),
    ),
    Operation(
        **_ONE,
        method="DELETE",
        name="deleteConversation",
        summary="Delete everything of it",
        parameters=(_CONVERSATION,),
        errors=(errors.NotFoundError, errors.ConversationBusyError),
    ),
)
