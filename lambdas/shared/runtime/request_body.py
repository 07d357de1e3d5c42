"""Decodes a JSON body into a msgspec struct; what is wrong with it is said with a JSON pointer and a remedy."""

from __future__ import annotations

import re
from typing import Any, TypeVar, get_args

import msgspec

from lambdas.shared.domain.errors import FieldError, InvalidInputError

StructT = TypeVar("StructT", bound=msgspec.Struct)

# msgspec says "<what> - at `$.a.b[0]`"; without the tail it speaks of the whole body.
_LOCATED = re.compile(r"^(?P<what>.*?)(?: - at (?:`key` in )?`\$(?P<path>.*)`)?$", re.DOTALL)
_FIELD = re.compile(r"^Object (?P<problem>contains unknown field|missing required field) `(?P<name>.*)`$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_NON_BLANK = "Expected `str` matching regex"


def decode_json(body: bytes, struct: type[StructT]) -> StructT:
    """Raises `InvalidInputError`: no JSON, no object, wrong types, values out of range, unknown fields."""
    if not body.strip():
        raise InvalidInputError("The request has no body; send a JSON object.")
    try:
        body.decode("utf-8")
        return msgspec.json.decode(body, type=struct)
    except UnicodeDecodeError as error:
        raise InvalidInputError("The body is not valid UTF-8; encode the JSON object as UTF-8.") from error
    except RecursionError as error:
        raise InvalidInputError("The body is nested too deeply; no field takes that many levels.") from error
    except msgspec.ValidationError as error:
        raise _explain(str(error), struct) from error
    except msgspec.DecodeError as error:
        reason = str(error).removeprefix("JSON is malformed: ")
        raise InvalidInputError(f"The body is not valid JSON ({reason}); send a JSON object.") from error


def _explain(message: str, struct: type[msgspec.Struct]) -> InvalidInputError:
    located = _LOCATED.match(message)
    what, path = (located["what"], located["path"] or "") if located else (message, "")
    steps = [name or index for name, index in _STEP.findall(path)]
    field = _FIELD.match(what)
    if field:
        detail = _explain_field(field["problem"], field["name"], _struct_at(struct, steps))
        steps.append(field["name"])
    elif what.startswith("Invalid enum value"):
        detail = what[:1].lower() + what[1:] + _choices_at(struct, steps)
    elif what.startswith(_NON_BLANK):
        detail = "must not be blank; leave the field out or give it text" if steps else what
    else:
        detail = what[:1].lower() + what[1:]
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
    where = pointer or "The body"
    return InvalidInputError(f"{where}: {detail}.", errors=(FieldError(pointer, detail),))


def _explain_field(problem: str, name: str, struct: type[msgspec.Struct] | None) -> str:
    if problem.startswith("missing"):
        return "this field is required"
    if struct is None:
        return "unknown field; leave it out"
    return f"unknown field; leave it out (known here: {', '.join(sorted(struct.__struct_encode_fields__))})"


def _struct_at(struct: type[msgspec.Struct], steps: list[str]) -> type[msgspec.Struct] | None:
    """Follow field names from the outermost struct to the one that was being filled."""
    current: type[msgspec.Struct] | None = struct
    for step in steps:
        if current is None or step.isdigit():
            continue
        types = {field.encode_name: field.type for field in msgspec.structs.fields(current)}
        current = _struct_within(types.get(step))
    return current


def _choices_at(struct: type[msgspec.Struct], steps: list[str]) -> str:
    """The values that the field at `steps` takes, as a remedy."""
    parent = _struct_at(struct, steps[:-1]) if steps else None
    types = {field.encode_name: field.type for field in msgspec.structs.fields(parent)} if parent else {}
    choices = [choice for choice in _flat(types.get(steps[-1] if steps else "")) if isinstance(choice, str)]
    return f"; use one of: {', '.join(choices)}" if choices else ""


def _flat(annotation: Any) -> list[Any]:
    """The values of every `Literal` inside of `annotation`."""
    parts = get_args(annotation)
    return [each for part in parts for each in (_flat(part) or [part])]


def _struct_within(annotation: Any) -> type[msgspec.Struct] | None:
    """The struct inside `Parameters | None`, `list[Item]` or `Annotated[...]`; None where there is none."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    return next((found for part in get_args(annotation) if (found := _struct_within(part))), None)
