"""Errors that no scenario on the wire shows: unlisted codes, and what botocore raises by itself."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ParamValidationError

from lambdas.shared.adapters.bedrock_errors import model_error
from lambdas.shared.domain.errors import (
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelThrottledError,
    ModelUnavailableError,
    QuarryError,
)


def answered(code: str, status: int) -> ClientError:
    response = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Converse")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (answered("429", 429), ModelThrottledError),
        (answered("TooManyRequestsException", 429), ModelThrottledError),
        (answered("ExpiredTokenException", 403), ModelNotEnabledError),
        (answered("404", 404), ModelNotEnabledError),
        (answered("SerializationException", 400), ModelRefusedRequestError),
        (answered("502", 502), ModelUnavailableError),
        (answered("", 0), ModelUnavailableError),
        (NoCredentialsError(), ModelUnavailableError),
        (ParamValidationError(report="value: secret"), ModelRefusedRequestError),
        (OSError("connection reset"), ModelUnavailableError),
    ],
)
def test_every_error_is_one_of_ours(error: Exception, expected: type[QuarryError]) -> None:
    ours = model_error(error, "acme.small-v1:0")
    assert type(ours) is expected
    assert "acme.small-v1:0" in str(ours)
    assert "secret" not in str(ours)
