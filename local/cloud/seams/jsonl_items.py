"""Distributed Map reads its items from JSON Lines too (`InputType: JSONL`), which moto's reader refuses."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from local.cloud.seams.patching import replace

_READER = "moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader."
_FACTORY = _READER + "eval.resource_output_transformer.transformer_factory"


class InputTypeValue(enum.Enum):
    """moto's kinds of item files, and JSON Lines."""

    CSV = "CSV"
    JSON = "JSON"
    JSONL = "JSONL"


def _jsonl_transformer(json_transformer: Any) -> Any:
    def evaluate(self: Any, env: Any) -> None:
        config, text = env.stack.pop(), env.stack.pop()
        items = [json.loads(line) for line in text.splitlines() if line.strip()]
        env.stack += [json.dumps(items), config]
        json_transformer._eval_body(self, env)

    return type("ResourceOutputTransformerJsonl", (json_transformer,), {"_eval_body": evaluate})


@cache
def install() -> None:
    """Widen moto's enumeration and its factory of readers."""
    declared = import_module(_READER + "reader_config.input_type")
    factory = import_module(_FACTORY)
    declaration = import_module(_READER + "item_reader_decl")
    readers = {
        InputTypeValue.CSV: factory.ResourceOutputTransformerCSV,
        InputTypeValue.JSON: factory.ResourceOutputTransformerJson,
        InputTypeValue.JSONL: _jsonl_transformer(factory.ResourceOutputTransformerJson),
    }

    def reader_for(_: Any) -> Callable[[Any], Any]:
        return lambda input_type: readers[input_type.input_type_value]()

    for module in (declared, factory):
        replace(module, "InputTypeValue", lambda _: InputTypeValue)
    for module in (factory, declaration):
        replace(module, "resource_output_transformer_for", reader_for)
