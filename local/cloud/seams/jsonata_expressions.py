"""JSONata in state machines: evaluated by jsonata-python where moto wants a Java machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jsonata
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.eval import states, variable_store
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.asl.jsonata import validations
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from local.cloud.seams.patching import replace


def evaluate(expression: str) -> Any:
    """The JSON value of an expression; raises moto's JSONataException, which becomes States.QueryEvaluationError."""
    try:
        value = jsonata.Jsonata(expression).evaluate(None)
        return json.loads(json.dumps(value, default=_plain))
    except Exception as error:
        raise moto_jsonata.JSONataException("UNKNOWN", str(error)) from error


def _plain(value: Any) -> Any:
    if value is jsonata.jsonata.utils.Utils.NULL_VALUE:
        return None
    raise TypeError(f"an expression may not give a {type(value).__name__}")


def declare(bindings: Mapping[str, Any]) -> str:
    """Variables as JSONata assignments; moto forgets to escape quotes and line ends in texts."""
    return "".join(f"{name}:={to_json_str(value, separators=(',', ':'))};" for name, value in bindings.items())


def _as_query_error(original: Callable[..., None]) -> Callable[..., None]:
    """An expression that cannot be evaluated is an error that states can catch; moto lets the machine die of it."""

    def evaluate_body(self: Any, env: Any) -> None:
        try:
            original(self, env)
        except moto_jsonata.JSONataException as error:
            name = validations.StatesErrorName(typ=validations.StatesErrorNameType.StatesQueryEvaluationError)
            cause = f"The JSONata expression '{self.expression}' could not be evaluated: {error.details}"
            failed = validations.EvaluationFailedEventDetails(cause=cause, error=name.error_name)
            details = validations.EventDetails(evaluationFailedEventDetails=failed)
            kind = validations.HistoryEventType.EvaluationFailed
            env.event_manager.add_event(context=env.event_history_context, event_type=kind, event_details=details)
            raise validations.FailureEventException(
                validations.FailureEvent(env=env, error_name=name, event_type=kind, event_details=details)
            ) from error

    return evaluate_body


@cache
def install() -> None:
    """Replace the evaluator and the declarations wherever they were imported by name."""
    replace(string_expression.StringJSONata, "_eval_body", _as_query_error)

    def evaluator(_: Any) -> Callable[[str], Any]:
        return evaluate

    def declarations(_: Any) -> Callable[[Mapping[str, Any]], str]:
        return declare

    for module in (moto_jsonata, string_expression, validations):
        replace(module, "eval_jsonata_expression", evaluator)
    for module in (moto_jsonata, states, variable_store):
        replace(module, "encode_jsonata_variable_declarations", declarations)
