"""JSON schemas of the structs on the wire, as msgspec checks and writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from lambdas.shared.runtime.operation import Operation

_REF = "#/components/schemas/{name}"
_MONEY = {"type": "string", "format": "decimal"}


def schemas_of(operations: Sequence[Operation]) -> tuple[dict[Any, dict[str, Any]], dict[str, Any]]:
    """A schema for each struct that an operation names, and the components that these refer to."""
    bodies = _unique(each.body for each in operations)
    answers = _unique(
        kind for each in operations for kind in (each.answer, *each.other_answers.values(), *each.events.values())
    )
    read, read_components = msgspec.json.schema_components(bodies, ref_template=_REF)
    written, written_components = msgspec.json.schema_components(answers, ref_template=_REF)
    for schema in written_components.values():
        _always_whole(schema)
    twice = set(read_components) & set(written_components)
    if twice:
        raise ValueError(f"these structs are in bodies and in answers, or share a name: {', '.join(sorted(twice))}")
    components = {**read_components, **written_components}
    by_type = dict(zip([*bodies, *answers], [*read, *written], strict=True))
    return _with_money(by_type), dict(sorted(_with_money(components).items()))


def _unique(kinds: Iterable[Any]) -> list[Any]:
    return [kind for kind in dict.fromkeys(kinds) if kind is not None]


def _always_whole(schema: dict[str, Any]) -> None:
    """Every field of an answer is always written, also one that has a default where it is made; save those of msgspec's
    UNSET, which is no default in a schema."""
    if "properties" in schema:
        must = set(schema.get("required", ()))
        fields = schema["properties"].items()
        schema["required"] = [name for name, field in fields if name in must or "default" in field]
        for field in schema["properties"].values():
            field.pop("default", None)


def _with_money(value: Any) -> Any:
    """Decimals are written as numbers; and a struct's indented docstring is one paragraph."""
    if isinstance(value, dict):
        if value.items() >= _MONEY.items():
            return {**{key: each for key, each in value.items() if key not in _MONEY}, "type": "number", "minimum": 0}
        plain = {key: _with_money(each) for key, each in value.items()}
        if isinstance(plain.get("description"), str):
            plain["description"] = " ".join(plain["description"].split())
        return plain
    return [_with_money(each) for each in value] if isinstance(value, list | tuple) else value
