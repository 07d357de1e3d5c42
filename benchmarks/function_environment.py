"""The environment of a function as its own template sets it, so that a new setting needs no change here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from local.synth import synthesize

# The shortest names that every table, bucket and guardrail may have.
_STAND_IN = "bench"


def function_environment(root: Path, handler: str) -> dict[str, str]:
    """Variables of the function for `lambdas.<...>_handler.handler`; what refers to a resource gets a stand-in."""
    assembly = synthesize(root, log=lambda line: print(line, file=sys.stderr))
    for template in assembly.glob("*.template.json"):
        for resource in json.loads(template.read_text(encoding="utf-8"))["Resources"].values():
            if resource["Type"] == "AWS::Lambda::Function" and resource["Properties"].get("Handler") == handler:
                variables = resource["Properties"]["Environment"]["Variables"]
                return {name: value if isinstance(value, str) else _STAND_IN for name, value in variables.items()}
    raise SystemExit(f"no template has a function with the handler {handler}")
