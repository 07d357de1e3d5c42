"""The errors of Bedrock's API: code, HTTP status and message, as they go over the wire."""

from __future__ import annotations


class BedrockError(Exception):
    """`code` is the shape's name in the service model, `status` its HTTP status."""

    code = "InternalServerException"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InternalServerError(BedrockError):
    """Something broke in the local Bedrock itself."""


class ValidationError(BedrockError):
    """The request does not fit the operation, the model or the model's body format."""

    code = "ValidationException"
    status = 400


class ResourceNotFoundError(BedrockError):
    """No such model or profile."""

    code = "ResourceNotFoundException"
    status = 404


class ThrottlingError(BedrockError):
    """Too many requests or tokens per minute."""

    code = "ThrottlingException"
    status = 429


class ModelError(BedrockError):
    """The model answered with an error or with something unreadable."""

    code = "ModelErrorException"
    status = 424


class ServiceUnavailableError(BedrockError):
    """Nothing answers behind the API."""

    code = "ServiceUnavailableException"
    status = 503


class ConflictError(BedrockError):
    """The request does not go with the state of what it names."""

    code = "ConflictException"
    status = 400


class QuotaExceededError(BedrockError):
    """As many of them as the account may have."""

    code = "ServiceQuotaExceededException"
    status = 400


class NotEmulatedError(BedrockError):
    """An operation of Bedrock that the local service does not have."""

    code = "UnknownOperationException"
    status = 404
