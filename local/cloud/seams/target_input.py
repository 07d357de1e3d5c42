"""What a rule's target receives of an event: all of it, a part, a constant, or a transformed text.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']+)'\]")
_PLACEHOLDER = re.compile(r"<([^<>\s]+)>")
_MISSING = object()


def at_path(event: Any, path: str) -> Any:
    """The value at a JSON path such as `$.detail.object.key`, or None where there is none."""
    value = event
    for step in _STEP.finditer(path):
        name, index, quoted = step.groups()
        if index is not None:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else _MISSING
        else:
            value = value.get(name or quoted, _MISSING) if isinstance(value, dict) else _MISSING
        if value is _MISSING:
            return None
    return value


def target_input(target: Mapping[str, Any], event: Mapping[str, Any], *, rule_name: str, rule_arn: str) -> str:
    """The text that `target` (a rule's target as PutTargets takes it) receives for `event`."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return _compact(at_path(event, str(target["InputPath"])))
    transformer = target.get("InputTransformer")
    if transformer:
        values = {name: at_path(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
        values |= {
            "aws.events.rule-arn": rule_arn,
            "aws.events.rule-name": rule_name,
            "aws.events.event.ingestion-time": event.get("time"),
            "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
            "aws.events.event.json": event,
        }
        return _fill(str(transformer["InputTemplate"]), values)
    return _compact(event)


def _fill(template: str, values: Mapping[str, Any]) -> str:
    """A placeholder inside a quoted string becomes text, elsewhere a JSON value."""

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in values:
            return match.group(0)
        value = values[name]
        quoted = template[: match.start()].replace('\\"', "").count('"') % 2 == 1
        if not quoted:
            return _compact(value)
        text = "" if value is None else value if isinstance(value, str) else _compact(value)
        return json.dumps(text, ensure_ascii=False)[1:-1]

    return _PLACEHOLDER.sub(value_of, template)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
