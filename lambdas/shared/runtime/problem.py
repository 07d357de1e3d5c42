"""Errors as `application/problem+json` (RFC 9457) that is an OpenAI-shaped error at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lambdas.shared.domain.errors import (
    ContextTooLongError,
    ConversationBusyError,
    FieldError,
    InvalidInputError,
    MissingScopeError,
    ModelError,
    ModelNotEnabledError,
    ModelThrottledError,
    ModelUnavailableError,
    NotFoundError,
    QuarryError,
    TooLargeError,
)

CONTENT_TYPE = "application/problem+json"
# A model's quota refills every minute; the clients inside have already retried quickly.
_THROTTLED_RETRY_AFTER_SECONDS = 5

# Looked up along the class's ancestors, so a subclass without a row of its own takes its parent's.
_STATUS: dict[type[BaseException], int] = {
    InvalidInputError: 400,
    MissingScopeError: 403,
    NotFoundError: 404,
    ConversationBusyError: 409,
    TooLargeError: 413,
    ContextTooLongError: 413,
    ModelThrottledError: 429,
    ModelUnavailableError: 503,
    ModelNotEnabledError: 503,
    ModelError: 502,
}
_TITLES = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Content Too Large",
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

    def as_dict(self) -> dict[str, Any]:
        """The JSON object: RFC 9457's members, `code`, `errors[]` where fields are to blame, OpenAI's `error`."""
        title = _TITLES[self.status]
        openai_type = _OPENAI_TYPES.get(self.status, "invalid_request_error")
        body: dict[str, Any] = {"type": "about:blank", "title": title, "status": self.status}
        body |= {"detail": self.detail, "code": self.code}
        if self.errors:
            body["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in self.errors]
        body["error"] = {"message": self.detail, "type": openai_type, "code": self.code}
        return body


def problem_from(error: BaseException) -> Problem:
    """The problem that the caller sees; of an error that is not ours nothing but its existence."""
    status = next((_STATUS[ancestor] for ancestor in type(error).__mro__ if ancestor in _STATUS), 500)
    if status == 500 or not isinstance(error, QuarryError):
        return Problem(500, QuarryError.code, "Something went wrong here; the request id leads to the log.")
    return Problem(
        status,
        error.code,
        str(error),
        errors=error.errors if isinstance(error, InvalidInputError) else (),
        retry_after_seconds=_retry_after(error),
    )


def _retry_after(error: QuarryError) -> int | None:
    if isinstance(error, ConversationBusyError):
        return error.retry_after_seconds
    return _THROTTLED_RETRY_AFTER_SECONDS if isinstance(error, ModelThrottledError) else None
