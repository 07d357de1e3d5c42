"""Weak references between stacks: `Fn::GetStackOutput` is replaced by the output of the stack deployed before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FUNCTION = "Fn::GetStackOutput"


class MissingOutputError(RuntimeError):
    """A stack reads an output that no stack deployed before it has."""


def resolve_stack_outputs(fragment: Any, outputs: Mapping[str, Mapping[str, str]]) -> Any:
    """`fragment` of a template with every weak reference replaced; `outputs` maps stack name -> output -> value."""
    if isinstance(fragment, list):
        return [resolve_stack_outputs(item, outputs) for item in fragment]
    if not isinstance(fragment, dict):
        return fragment
    if set(fragment) == {_FUNCTION}:
        return _output(fragment[_FUNCTION], outputs)
    return {name: resolve_stack_outputs(value, outputs) for name, value in fragment.items()}


def _output(reference: Mapping[str, Any], outputs: Mapping[str, Mapping[str, str]]) -> str:
    stack, name = str(reference["StackName"]).rsplit("/", 1)[-1], str(reference["OutputName"])
    try:
        return outputs[stack][name]
    except KeyError as error:
        raise MissingOutputError(f"output {name} of stack {stack} does not exist (is it deployed before?)") from error
