"""What a body format is, and the checks that all formats share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from local.bedrock.brain import Brain
from local.bedrock.errors import ValidationError
from local.bedrock.model_directory import Model

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """The body to answer with, and the token counts that Bedrock repeats in headers."""

    body: dict[str, Any]
    input_tokens: int
    output_tokens: int


class BodyFormat(Protocol):
    """One provider's request and answer."""

    def answer(self, body: Body, model: Model, brain: Brain) -> ModelAnswer:
        """The whole answer; raises `ValidationError` naming the bad field."""
        ...

    def events(self, body: Body, model: Model, brain: Brain) -> Iterator[dict[str, Any]]:
        """The answer as the format's stream events; same errors, at the first `next()`."""
        ...


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body: its JSON types, and its bounds where it is a number."""

    types: tuple[type, ...]
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None


NUMBER = (int, float)
_JSON_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}


def check_fields(body: Body, fields: Mapping[str, Field], *, inside: str = "") -> None:
    """Missing, unknown, mistyped and out-of-range fields, in the words of Bedrock's own validator."""
    for name, field in fields.items():
        place = f"{inside}.{name}" if inside else name
        value = body.get(name)
        if value is None:
            if field.required:
                raise _malformed(f"required key [{place}] not found")
        elif not isinstance(value, field.types) or (isinstance(value, bool) and bool not in field.types):
            wanted = " or ".join(dict.fromkeys(_JSON_NAMES[each] for each in field.types))
            raise _malformed(f"#/{place.replace('.', '/')}: expected type: {wanted}")
        elif isinstance(value, NUMBER):
            _check_bounds(value, field, place)
    unknown = sorted(set(body) - set(fields))
    if unknown:
        place = f"{inside}.{unknown[0]}" if inside else unknown[0]
        raise _malformed(f"extraneous key [{place}] is not permitted")


def check_choice(body: Body, name: str, allowed: Sequence[Any], *, inside: str = "") -> None:
    """A field that has one of a few values, in the words of Bedrock's own validator."""
    value = body.get(name)
    if value is not None and value not in allowed:
        place = f"{inside}.{name}".strip(".").replace(".", "/")
        raise _malformed(f"#/{place}: {value} is not a valid enum value")


def _check_bounds(value: float, field: Field, place: str) -> None:
    if field.minimum is not None and value < field.minimum:
        raise _malformed(f"#/{place}: {value} is not greater or equal to {field.minimum}")
    if field.maximum is not None and value > field.maximum:
        raise _malformed(f"#/{place}: {value} is not less or equal to {field.maximum}")


def _malformed(reason: str) -> ValidationError:
    return ValidationError(f"Malformed input request: {reason}, please reformat your input and try again.")
