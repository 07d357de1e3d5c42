"""The RAG operations, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from lambdas.rag.openapi_examples import ANSWER, PASSAGES, PASSAGES_BODY, RAG_BODY, STREAM, STREAM_BODY
from lambdas.rag.schema import (
    Delta,
    GroundedAnswerBody,
    PassagesAnswer,
    PassagesBody,
    RagBody,
    RagStreamBody,
    Start,
)
from lambdas.shared.domain import errors
from lambdas.shared.runtime.operation import Operation

_ERRORS = (
    errors.UnknownModelError,
    errors.NotFoundError,
    errors.ConflictError,
    errors.ContextTooLongError,
    errors.BlockedByGuardrailError,
    errors.ModelError,
    errors.ModelThrottledError,
    errors.ModelUnavailableError,
    errors.ModelNotEnabledError,
    errors.ModelRefusedRequestError,
    errors.StoreUnavailableError,
)
_ASKED: dict[str, Any] = {
    "method": "POST",
    "tag": "rag",
    "handler": "rag/answer",
    "scope": "rag",
    "idempotent": True,
}
_WITHDRAWN = (
    "An answer stands on citations whose words were found in their passages; one that does not is withdrawn: "
    "`grounded` is false, `answer` says that nothing was found, `refusal` says why."
)

OPERATIONS = (
    Operation(
        **_ASKED,
        path="/rag",
        name="askDocuments",
        summary="An answer from my documents, with citations",
        description=_WITHDRAWN,
        body=RagBody,
        body_example=RAG_BODY,
        answer=GroundedAnswerBody,
        answer_example=ANSWER,
        errors=(*_ERRORS, errors.ConversationBusyError),
    ),
    Operation(
        **_ASKED,
        path="/rag/stream",
        name="streamFromDocuments",
        summary="The same as server-sent events",
        description=f"`done` carries the whole answer of `POST /rag`. {_WITHDRAWN} With `strict` no word of such an "
        "answer is sent.",
        body=RagStreamBody,
        body_example=STREAM_BODY,
        events={"start": Start, "delta": Delta, "done": GroundedAnswerBody},
        answer_example=STREAM,
        errors=(*_ERRORS, errors.ConversationBusyError, errors.ModelStreamInterruptedError),
    ),
    Operation(
        **_ASKED,
        path="/rag/passages",
        name="findPassages",
        summary="The passages alone, without an answer",
        description="What an answer would be written from: of the key's tenant, above the score floor, best first.",
        body=PassagesBody,
        body_example=PASSAGES_BODY,
        answer=PassagesAnswer,
        answer_example=PASSAGES,
        errors=_ERRORS,
    ),
)
