"""The TOKEN authorizer: refuses what is no token, asks the function, remembers its answer, evaluates its policy.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.api.messages import ApiRequest, GatewayFaultError
from local.api.policy import MalformedPolicyError, Verdict, evaluate
from local.api.rest_api import Authorizer
from local.functions import FunctionHost, InvokeRefusedError
from local.functions.results import error_message, error_type_of

_LIMIT_SECONDS = 29.0
_NOT_ALLOWED = "User is not authorized to access this resource"


@dataclass(frozen=True, slots=True)
class Grant:
    """An authorizer function's answer, checked for its shape; `context` is what functions will see."""

    policy: Mapping[str, Any]
    context: Mapping[str, str]


class TokenAuthorizer:
    """One authorizer of the API; `log` hears why an answer was not accepted."""

    def __init__(
        self,
        authorizer: Authorizer,
        functions: FunctionHost,
        *,
        log: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._authorizer, self._functions, self._log, self._now = authorizer, functions, log, now
        self._pattern = re.compile(authorizer.pattern) if authorizer.pattern else None
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Grant]] = {}

    def authorize(
        self, request: ApiRequest, method_arn: str, *, before_call: Callable[[], None] = lambda: None
    ) -> Mapping[str, str]:
        """The context for `requestContext.authorizer`. Raises the fault that the client shall see.

        `before_call` runs when the function has to be asked: a chance to prepare what comes next meanwhile.
        """
        token = request.header(self._authorizer.header)
        if not token or (self._pattern and not self._pattern.fullmatch(token)):
            raise GatewayFaultError("UNAUTHORIZED", "Unauthorized")
        grant = self._remembered(token)
        if grant is None:
            before_call()
            grant = self._ask(token, method_arn)
            self._remember(token, grant)
        return self._checked(grant, method_arn)

    def _checked(self, grant: Grant, method_arn: str) -> Mapping[str, str]:
        try:
            verdict = evaluate(grant.policy, method_arn)
        except MalformedPolicyError as error:
            raise self._misconfigured(f"its policy has {error}") from error
        if verdict is Verdict.ALLOWED:
            return grant.context
        explicitly = " with an explicit deny" if verdict is Verdict.DENIED else ""
        raise GatewayFaultError("ACCESS_DENIED", _NOT_ALLOWED + explicitly)

    def _ask(self, token: str, method_arn: str) -> Grant:
        event = {"type": "TOKEN", "methodArn": method_arn, "authorizationToken": token}
        try:
            result = self._functions.invoke(
                self._authorizer.function_name, json.dumps(event).encode(), wait_seconds=_LIMIT_SECONDS
            )
        except (InvokeRefusedError, TimeoutError) as error:
            self._log(f"authorizer {self._authorizer.function_name} failed: {error}")
            raise GatewayFaultError("AUTHORIZER_FAILURE", None) from error
        if result.error is None:
            return self._grant(result.payload)
        message = error_message(result.payload)
        if message == "Unauthorized":
            raise GatewayFaultError("UNAUTHORIZED", "Unauthorized")
        self._log(f"authorizer {self._authorizer.function_name} failed: {error_type_of(result.payload)}")
        raise GatewayFaultError("AUTHORIZER_FAILURE", None)

    def _grant(self, payload: bytes) -> Grant:
        try:
            answer = json.loads(payload)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise self._misconfigured("its answer is no JSON object")
        principal, policy, context = answer.get("principalId"), answer.get("policyDocument"), answer.get("context")
        if not isinstance(principal, str) or not isinstance(policy, dict):
            raise self._misconfigured("its answer lacks principalId or policyDocument")
        if context is not None and not isinstance(context, dict):
            raise self._misconfigured("its context is no object")
        return Grant(policy, {**self._flat(context or {}), "principalId": principal})

    def _flat(self, context: Mapping[str, Any]) -> dict[str, str]:
        flat: dict[str, str] = {}
        for key, value in context.items():
            if isinstance(value, bool):
                flat[key] = "true" if value else "false"
            elif isinstance(value, str | int | float):
                flat[key] = str(value)
            elif value is not None:
                raise self._misconfigured(f"its context value {key!r} is neither string, number nor boolean")
        return flat

    def _misconfigured(self, why: str) -> GatewayFaultError:
        self._log(f"authorizer {self._authorizer.function_name}: {why}")
        return GatewayFaultError("AUTHORIZER_CONFIGURATION_ERROR", None)

    def _remembered(self, token: str) -> Grant | None:
        with self._lock:
            until, grant = self._known.get(token, (0.0, None))
            if grant is not None and self._now() >= until:
                del self._known[token]
                return None
            return grant

    def _remember(self, token: str, grant: Grant) -> None:
        if self._authorizer.ttl_seconds > 0:
            with self._lock:
                self._known[token] = (self._now() + self._authorizer.ttl_seconds, grant)
