"""Stands before the AWS APIs: hands each call to the rules in force, and serves the control route."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from local.faults.api_call import ApiCall, api_call
from local.faults.book import FaultBook, StandingRule
from local.faults.call_faults import Application, Strike, struck
from local.faults.control_route import QUOTAS_PATH, STRANGERS_PATH, answer_control, is_control

_CALLS = ("call",)
_STREAMS = ("call", "stream")


class FaultyApplication:
    """A WSGI application; without rules it only compares one path."""

    def __init__(self, application: Application, book: FaultBook) -> None:
        self._application = application
        self._book = book

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if is_control(environ):
            return answer_control(self._book, environ, start_response)
        if str(environ.get("PATH_INFO", "")).rstrip("/") in (QUOTAS_PATH, STRANGERS_PATH):
            from local.bedrock.batch import control_routes  # heavy, and only where there is a local Bedrock anyway

            return control_routes.answer_control(environ, start_response)
        if not self._book:
            return self._application(environ, start_response)
        call = api_call(environ)
        application = self._application
        streams = call.service.startswith("bedrock") and "Stream" in call.operation
        # the first rule is the outermost: a slow start listed before a throttle delays the refusal, too
        for rule in reversed(self._book.striking(call, subjects=_STREAMS if streams else _CALLS)):
            application = struck(application, self._strike(rule, call))
        return application(environ, start_response)

    def _strike(self, rule: StandingRule, call: ApiCall) -> Strike:
        kill = self._book.kill or (lambda process: False)
        return Strike(rule.number, rule.rule.kind, rule.rule.params, call, partial(kill, call.process))
