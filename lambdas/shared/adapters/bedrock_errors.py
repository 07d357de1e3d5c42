"""Bedrock's errors in the words of the domain."""

from __future__ import annotations

import re

from botocore.exceptions import ClientError, ParamValidationError

from lambdas.shared.domain.errors import (
    ContextTooLongError,
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelThrottledError,
    ModelUnavailableError,
    QuarryError,
)

# Codes come as `ThrottlingException` in answers and as `throttlingException` in streams.
# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html#API_runtime_ConverseStream_Errors
_THROTTLED = {"throttlingexception", "throttling", "servicequotaexceededexception", "toomanyrequestsexception"}
_NOT_ENABLED = {"accessdeniedexception", "resourcenotfoundexception"}
_UNAVAILABLE = {
    "modeltimeoutexception",
    "serviceunavailableexception",
    "internalserverexception",
    "modelnotreadyexception",
    "modelerrorexception",
    "modelstreamerrorexception",
}
_TOO_LONG = re.compile(r"too long|context (length|window)|too many input tokens", re.IGNORECASE)
# A model that the region does not have is answered as an invalid request, not as a missing resource.
# Converse asks the guardrail on the caller's behalf, and answers with what is wrong there as if it were its own.
_GUARDRAIL = re.compile(r"guardrail", re.IGNORECASE)
_NO_SUCH_MODEL = re.compile(r"model identifier is invalid|on-demand throughput isn.t supported", re.IGNORECASE)


def model_error(error: Exception, model_id: str) -> QuarryError:
    """The domain's error for what botocore raised while `model_id` was called; to be raised `from error`."""
    if isinstance(error, ParamValidationError):
        # botocore's report quotes the values, which are people's texts.
        return ModelRefusedRequestError(f"the request for {model_id} is not a valid Converse request")
    if not isinstance(error, ClientError):
        return ModelUnavailableError(f"{model_id} could not be reached ({type(error).__name__}); try again")
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    kind, message = code.lower(), str(error.response.get("Error", {}).get("Message", ""))
    if kind in {*_NOT_ENABLED, "validationexception"} and _GUARDRAIL.search(message):
        return _guardrail_out_of_reach(code)
    if kind in _THROTTLED:
        return ModelThrottledError(f"{model_id} is throttled ({code}); try again later")
    if kind in _NOT_ENABLED:
        return _not_enabled(model_id, code)
    if kind == "validationexception":
        return _invalid(model_id, message)
    if kind in _UNAVAILABLE or status >= 500:
        return ModelUnavailableError(f"{model_id} does not answer right now ({code}); try again")
    return _by_status(model_id, code, status)


def _by_status(model_id: str, code: str, status: int) -> QuarryError:
    """For codes that the service model does not list (expired credentials, a proxy's own answers)."""
    if status == 429:
        return ModelThrottledError(f"{model_id} is throttled ({code}); try again later")
    if status in (401, 403, 404):
        return _not_enabled(model_id, code)
    if status == 400:
        return ModelRefusedRequestError(f"{model_id} refused the request ({code})")
    return ModelUnavailableError(f"{model_id} failed ({code}); try again")


def _invalid(model_id: str, message: str) -> QuarryError:
    if _TOO_LONG.search(message):
        return ContextTooLongError(f"the request is too long for {model_id}: {message}")
    if _NO_SUCH_MODEL.search(message):
        return _not_enabled(model_id, message)
    return ModelRefusedRequestError(f"{model_id} refused the request: {message}")


def _guardrail_out_of_reach(code: str) -> ModelNotEnabledError:
    return ModelNotEnabledError(
        f"The deployment's guardrail cannot be asked ({code}), and nothing is asked of a model without it. Deploy all "
        "stacks together, so that the functions know the published version and may ask it."
    )


def _not_enabled(model_id: str, reason: str) -> ModelNotEnabledError:
    """https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html"""
    return ModelNotEnabledError(
        f"{model_id} cannot be used by this deployment yet ({reason}). In the account's Bedrock console, in the "
        "deployment's region: check that the model is offered there, submit the use-case form (Anthropic), subscribe "
        "once in AWS Marketplace (third-party models); and list the model in the deployment's allowed models, which "
        "grants the functions their permission."
    )
