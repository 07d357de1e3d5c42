"""Reads the JSON schema that a Converse request asks its answer to fit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]
from jsonschema.validators import Draft202012Validator  # type: ignore[import-untyped]

from local.bedrock.errors import ValidationError


def schema_of(output_config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema of `outputConfig.textFormat`; raises `ValidationError` when it is none."""
    text_format = output_config.get("textFormat")
    if text_format is None:
        return None
    written = text_format["structure"].get("jsonSchema", {}).get("schema", "")
    schema = readable_schema(written)
    if schema is None:
        raise ValidationError("outputConfig.textFormat.structure.jsonSchema.schema is not a valid JSON schema.")
    return schema


def readable_schema(text: str) -> Mapping[str, Any] | None:
    """The text as a JSON schema (an object), or None."""
    try:
        schema = json.loads(text)
        Draft202012Validator.check_schema(schema)
    except (ValueError, SchemaError):
        return None
    return schema if isinstance(schema, dict) else None
