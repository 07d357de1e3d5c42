"""Every error of the domain has its status, and strangers see nothing of what is not theirs."""

from __future__ import annotations

import pytest

from lambdas.shared.domain import errors
from lambdas.shared.domain.errors import FieldError
from lambdas.shared.domain.guardrail import Intervention
from lambdas.shared.runtime.problem import problem_from


@pytest.mark.parametrize(
    ("error", "status", "code", "openai_type"),
    [
        (errors.InvalidInputError("x"), 400, "invalid_request", "invalid_request_error"),
        (errors.UnknownModelError("x"), 400, "unknown_model", "invalid_request_error"),
        (errors.MissingScopeError("x"), 403, "missing_scope", "permission_error"),
        (errors.NotFoundError("x"), 404, "not_found", "invalid_request_error"),
        (errors.ConversationBusyError("x", retry_after_seconds=5), 409, "conversation_busy", "invalid_request_error"),
        (errors.TooLargeError("x"), 413, "too_large", "invalid_request_error"),
        (errors.ContextTooLongError("x"), 413, "context_too_long", "invalid_request_error"),
        (errors.BlockedByGuardrailError("x"), 422, "blocked_by_guardrail", "invalid_request_error"),
        (errors.ModelThrottledError("x"), 429, "model_throttled", "rate_limit_error"),
        (errors.ModelUnavailableError("x"), 503, "model_unavailable", "api_error"),
        (errors.StoreUnavailableError("x"), 503, "store_unavailable", "api_error"),
        (errors.TooManyCollectionsError("x"), 409, "too_many_collections", "invalid_request_error"),
        (errors.ModelNotEnabledError("x"), 503, "model_not_enabled", "api_error"),
        (errors.ModelRefusedRequestError("x"), 502, "model_refused_request", "api_error"),
        (errors.ModelStreamInterruptedError("x"), 502, "model_stream_interrupted", "api_error"),
        (errors.ModelError("x"), 502, "model_error", "api_error"),
    ],
)
def test_each_error_has_its_status(error: Exception, status: int, code: str, openai_type: str) -> None:
    body = problem_from(error).as_dict()
    assert (body["status"], body["code"], body["detail"]) == (status, code, "x")
    assert body["error"] == {"message": "x", "type": openai_type, "code": code}
    assert body["type"] == "about:blank"
    assert body["title"]


@pytest.mark.parametrize("error", [KeyError("secret"), errors.SupersededError("secret"), errors.QuarryError("secret")])
def test_an_unexpected_error_tells_nothing(error: Exception) -> None:
    body = problem_from(error).as_dict()
    assert (body["status"], body["code"]) == (500, "internal_error")
    assert "secret" not in str(body)


def test_bad_fields_are_listed() -> None:
    problem = problem_from(errors.InvalidInputError("x", errors=(FieldError("/a", "wrong"),)))
    assert problem.as_dict()["errors"] == [{"pointer": "/a", "detail": "wrong"}]


def test_a_block_says_which_policies_intervened() -> None:
    word = Intervention("word", "CUSTOM_WORD", "BLOCKED", "input")
    body = problem_from(errors.BlockedByGuardrailError("x", interventions=(word,))).as_dict()
    assert body["interventions"] == [
        {"policy": "word", "name": "CUSTOM_WORD", "action": "BLOCKED", "source": "input"},
    ]
    assert problem_from(errors.BlockedByGuardrailError("x")).as_dict()["interventions"] == []
    assert "interventions" not in problem_from(errors.NotFoundError("x")).as_dict()


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (errors.ConversationBusyError("x", retry_after_seconds=7), 7),
        (errors.ModelThrottledError("x"), 5),
        (errors.StoreUnavailableError("x"), 5),
        (errors.ModelUnavailableError("x"), None),
    ],
)
def test_says_when_to_come_back(error: Exception, seconds: int | None) -> None:
    assert problem_from(error).retry_after_seconds == seconds
