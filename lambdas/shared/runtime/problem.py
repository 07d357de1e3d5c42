"""Errors as `application/problem+json` (RFC 9457) that is an OpenAI-shaped error at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lambdas.shared.domain.errors import (
    BlockedByGuardrailError,
    ConflictError,
    ContextTooLongError,
    ConversationBusyError,
    DocumentGoneError,
    DocumentNotFailedError,
    FieldError,
    IdempotencyAnswerLostError,
    IdempotencyInProgressError,
    IdempotencyKeyReusedError,
    InvalidAnswerError,
    InvalidInputError,
    MissingScopeError,
    ModelError,
    ModelNotEnabledError,
    ModelThrottledError,
    ModelUnavailableError,
    NotFoundError,
    QuarryError,
    StoreUnavailableError,
    TextTooLongError,
    TooLargeError,
)
from lambdas.shared.domain.guardrail import Intervention

CONTENT_TYPE = "application/problem+json"
# A model's quota refills every minute; the clients inside have already retried quickly.
_THROTTLED_RETRY_AFTER_SECONDS = 5

# Looked up along the class's ancestors, so a subclass without a row of its own takes its parent's.
_STATUS: dict[type[BaseException], int] = {
    InvalidInputError: 400,
    MissingScopeError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    ConversationBusyError: 409,
    DocumentNotFailedError: 409,
    DocumentGoneError: 409,
    IdempotencyInProgressError: 409,
    IdempotencyAnswerLostError: 409,
    TooLargeError: 413,
    ContextTooLongError: 413,
    TextTooLongError: 413,
    BlockedByGuardrailError: 422,
    IdempotencyKeyReusedError: 422,
    ModelThrottledError: 429,
    ModelUnavailableError: 503,
    StoreUnavailableError: 503,
    ModelNotEnabledError: 503,
    ModelError: 502,
    InvalidAnswerError: 502,
}
_TITLES = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Content Too Large",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
_OPENAI_TYPES = {403: "permission_error", 429: "rate_limit_error", 500: "api_error", 502: "api_error", 503: "api_error"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One error as the wire shows it; `retry_after_seconds` becomes the header `Retry-After`."""

    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    retry_after_seconds: int | None = None
    interventions: tuple[Intervention, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The JSON object: RFC 9457's members, `code`, `errors[]` where fields are to blame, OpenAI's `error`;
        `interventions[]` says what a guardrail objected to, and never quotes it."""
        title = _TITLES[self.status]
        openai_type = _OPENAI_TYPES.get(self.status, "invalid_request_error")
        body: dict[str, Any] = {"type": "about:blank", "title": title, "status": self.status}
        body |= {"detail": self.detail, "code": self.code}
        if self.errors:
            body["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in self.errors]
        if self.status == 422 and self.code == BlockedByGuardrailError.code:
            body["interventions"] = [intervention._asdict() for intervention in self.interventions]
        body["error"] = {"message": self.detail, "type": openai_type, "code": self.code}
        return body


def status_of(kind: type[BaseException]) -> int:
    """The HTTP status of an error class; 500 for what is not ours."""
    return next((_STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in _STATUS), 500)


def problem_from(error: BaseException) -> Problem:
    """The problem that the caller sees; of an error that is not ours nothing but its existence."""
    status = status_of(type(error))
    if status == 500 or not isinstance(error, QuarryError):
        return Problem(500, QuarryError.code, "Something went wrong here; the request id leads to the log.")
    return Problem(
        status,
        error.code,
        str(error),
        errors=error.errors if isinstance(error, InvalidInputError | TextTooLongError) else (),
        retry_after_seconds=_retry_after(error),
        interventions=error.interventions if isinstance(error, BlockedByGuardrailError) else (),
    )


def _retry_after(error: QuarryError) -> int | None:
    if isinstance(error, ConversationBusyError | IdempotencyInProgressError):
        return error.retry_after_seconds
    return _THROTTLED_RETRY_AFTER_SECONDS if isinstance(error, ModelThrottledError | StoreUnavailableError) else None
