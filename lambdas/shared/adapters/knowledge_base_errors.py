"""Errors of Bedrock's Knowledge Bases in the words of the domain."""

from __future__ import annotations

from botocore.exceptions import ClientError, ParamValidationError

from lambdas.shared.domain.errors import (
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelThrottledError,
    ModelUnavailableError,
    QuarryError,
)

# A conflict is another change of the same data source that goes on; a dependency is the vector store or the model.
_LATER = {"ConflictException", "DependencyFailedException", "BadGatewayException", "InternalServerException"}
_THROTTLED = {"ThrottlingException", "ServiceQuotaExceededException", "TooManyRequestsException"}
_NOT_ENABLED = {"AccessDeniedException", "ResourceNotFoundException"}
_SERVER_ERROR, _TOO_MANY = 500, 429


def knowledge_base_error(error: Exception, what: str) -> QuarryError:
    """The domain's error for what botocore raised; `what` was asked, for the message. To be raised `from error`."""
    if isinstance(error, ParamValidationError):  # its report quotes the values, which are people's texts
        return ModelRefusedRequestError(f"{what} was asked with a request that is not valid")
    if not isinstance(error, ClientError):
        return ModelUnavailableError(f"{what} could not be reached ({type(error).__name__}); try again")
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _THROTTLED or status == _TOO_MANY:
        return ModelThrottledError(f"{what} is throttled ({code}); try again later")
    if code in _LATER or status >= _SERVER_ERROR:
        return ModelUnavailableError(f"{what} does not answer right now ({code}); try again")
    if code in _NOT_ENABLED:
        return ModelNotEnabledError(
            f"{what} cannot be used by this deployment ({code}): check that its model is enabled in the account's "
            "Bedrock console, and deploy all stacks together, so that the functions know it and may ask it."
        )
    return ModelRefusedRequestError(f"{what} refused the request ({code})")
