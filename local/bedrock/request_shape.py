"""Reads a request by its operation's input shape, and refuses what the service model does not allow."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.validate import ParamValidator
from moto.core.model import OperationModel, Shape
from moto.core.utils import get_service_model

from local.bedrock.errors import ValidationError

# The same language, without the nested repeats that can be matched in a billion ways.
_EQUIVALENT = {r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}": r"[a-zA-Z0-9][a-zA-Z0-9+.-]*"}


def operation(service: str, name: str) -> OperationModel:
    """The operation's model, e.g. `("bedrock-runtime", "Converse")`; one for all reads, from botocore's own data."""
    return get_service_model(service).operation_model(name)


def read_json(body: bytes) -> dict[str, Any]:
    """The body as a JSON object; an empty body is an empty object."""
    try:
        value = json.loads(body) if body.strip() else {}
    except ValueError:  # also raised for bytes that are no UTF-8
        raise ValidationError("The request body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise ValidationError("The request body must be a JSON object.")
    return value


def read_parameters(model: OperationModel, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The operation's parameters with blobs decoded; raises `ValidationError` naming every bad field."""
    shape = model.input_shape
    if shape is None:
        return {}
    parameters: dict[str, Any] = _decoded(dict(raw), shape, "")
    report = ParamValidator().validate(parameters, shape)
    if report.has_errors():
        raise ValidationError(_one_line(report.generate_report()))
    complaints = list(_complaints(parameters, shape, ""))
    if complaints:
        count = f"{len(complaints)} validation error{'s' * (len(complaints) > 1)} detected: "
        raise ValidationError(count + "; ".join(complaints))
    return parameters


def read_query(model: OperationModel, query: Mapping[str, str], **path: str) -> dict[str, Any]:
    """The parameters of an operation that has them in its query string (and `path`), by their names in the model."""
    parameters: dict[str, Any] = {name: value for name, value in path.items() if value}
    for name, shape in model.input_shape.members.items():
        written = query.get(str(shape.serialization.get("name", name)))
        if written is not None and name not in path:
            parameters[name] = int(written) if shape.type_name == "integer" and written.isdigit() else written
    return read_parameters(model, parameters)


def check_model_id(model_id: str) -> None:
    """Any id that could be one is answered; raises `ValidationError` for anything else."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,2047}", model_id):
        raise ValidationError("The provided model identifier is invalid.")


def _one_line(report: str) -> str:
    return report.replace("\n", "; ")


def _decoded(value: Any, shape: Shape, path: str) -> Any:
    """JSON values in Python's form: base64 becomes bytes, null members are absent, as in every AWS JSON protocol."""
    if shape.type_name == "structure" and isinstance(value, dict) and not shape.is_document_type:
        return {
            name: _decoded(item, shape.members[name], f"{path}.{name}") if name in shape.members else item
            for name, item in value.items()
            if item is not None
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_decoded(item, shape.member, f"{path}[{index}]") for index, item in enumerate(value)]
    if shape.type_name == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            raise ValidationError(f"{path.lstrip('.')} is not valid base64.") from None
    return value


def _complaints(value: Any, shape: Shape, path: str) -> list[str]:
    """What botocore leaves to the service: enums, patterns and upper bounds."""
    if shape.type_name == "structure" and isinstance(value, dict) and not shape.is_document_type:
        nested = [_complaints(item, shape.members[name], f"{path}.{name}") for name, item in value.items()]
        return [complaint for part in nested for complaint in part]
    if shape.type_name == "list":
        own = _bound(len(value), shape, path)
        nested = [_complaints(item, shape.member, f"{path}.{index + 1}.member") for index, item in enumerate(value)]
        return own + [complaint for part in nested for complaint in part]
    if shape.type_name == "string":
        return _string_complaints(value, shape, path)
    if shape.type_name in {"integer", "long", "float", "double"}:
        return _bound(value, shape, path)
    return []


def _string_complaints(value: str, shape: Shape, path: str) -> list[str]:
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        return [_failed(value, path, f"satisfy enum value set: [{', '.join(allowed)}]")]
    pattern = _EQUIVALENT.get(shape.metadata.get("pattern"), shape.metadata.get("pattern"))
    # Model ids are checked by `check_model_id`: their pattern is a dozen alternatives with nested repeats.
    if pattern and path != ".modelId" and not re.fullmatch(pattern, value):
        return [_failed(value, path, f"satisfy regular expression pattern: {pattern}")]
    return _bound(len(value), shape, path)


def _bound(size: float, shape: Shape, path: str) -> list[str]:
    maximum = shape.metadata.get("max")
    if maximum is not None and size > float(maximum):
        return [_failed(size, path, f"be less than or equal to {maximum}")]
    return []


def _failed(value: object, path: str, constraint: str) -> str:
    shown = str(value)[:100]
    return f"Value '{shown}' at '{path.lstrip('.')}' failed to satisfy constraint: Member must {constraint}"
