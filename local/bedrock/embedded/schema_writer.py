"""Writes one instance of a JSON schema, with content from the material."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema.validators import Draft202012Validator  # type: ignore[import-untyped]

from local.bedrock.embedded.constraints import fitted_number, fitted_string, item_count, unique
from local.bedrock.embedded.field_content import FieldContent, kind_of
from local.bedrock.embedded.prompt_reading import Reading

Schema = Mapping[str, Any]
DEEPEST = 12  # levels; beyond them only what is required is written
SAME_REFERENCE = 2  # how often a recursive schema is entered before it must end


def instance_of(schema: Schema, reading: Reading) -> Any:
    """A valid instance where the schema uses: type, properties, required, items, prefixItems, bounds, enum, const,
    pattern (common ones), format, $ref, $defs, anyOf, oneOf, allOf."""
    return _Writer(schema).write(schema, "", FieldContent(reading), ())


class _Writer:
    def __init__(self, root: Schema) -> None:
        self._root = root
        self._validator = Draft202012Validator(root)

    def write(self, schema: Any, name: str, content: FieldContent, seen: tuple[str, ...]) -> Any:
        """`seen`: the references on the way down, one entry for each level otherwise."""
        if not isinstance(schema, Mapping):  # the schemas `true` and `false`
            return content.string(name, {})
        schema, seen = self._resolved(schema, (*seen, ""))
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choice(schema, name, content)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self._branch(schema, keyword, name, content, seen)
        return self._typed(_type_of(schema, lean=_lean(seen)), schema, name, content, seen)

    def _typed(self, kind: str, schema: Schema, name: str, content: FieldContent, seen: tuple[str, ...]) -> Any:
        if kind == "object":
            return self._object(schema, name, content, seen)
        if kind == "array":
            return self._array(schema, name, content, seen)
        if kind in {"number", "integer"}:
            return fitted_number(content.number(name), schema, whole=kind == "integer")
        if kind == "boolean":
            return content.truth(name)
        return None if kind == "null" else fitted_string(content.string(name, schema), schema, content.text)

    def _object(self, schema: Schema, name: str, content: FieldContent, seen: tuple[str, ...]) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties", {})
        required = list(schema.get("required", ()))
        wanted = required if _lean(seen) else [*properties, *(each for each in required if each not in properties)]
        rest = schema.get("additionalProperties", True)
        return {each: self.write(properties.get(each, rest), each, content, seen) for each in wanted}

    def _array(self, schema: Schema, name: str, content: FieldContent, seen: tuple[str, ...]) -> list[Any]:
        head = [self.write(item, name, content, seen) for item in schema.get("prefixItems", ())]
        items = schema.get("items", True)
        if items is False or (_lean(seen) and not schema.get("minItems")):
            return head
        item_schema, deeper = self._resolved(items, seen) if isinstance(items, Mapping) else ({}, seen)
        kind = "enum" if "enum" in item_schema else _type_of(item_schema, lean=False)
        seeds = content.items(name) if kind in {"string", "object"} else []
        count = item_count(max(len(seeds), 1) + len(head), schema) - len(head)
        written = [
            self._item(
                items if kind == "enum" else item_schema,
                kind,
                name,
                content,
                seeds[at] if at < len(seeds) else "",
                deeper,
            )
            for at in range(count)
        ]
        return unique([*head, *written], item_schema, schema) if schema.get("uniqueItems") else [*head, *written]

    def _item(self, schema: Any, kind: str, name: str, content: FieldContent, seed: str, seen: tuple[str, ...]) -> Any:
        if kind == "string" and seed:
            return fitted_string(seed, schema, content.text)
        if kind == "object" and seed:
            return self.write(schema, name, content.focused(seed, is_name=kind_of(name) == "names"), seen)
        return self.write(schema, name, content, seen)

    def _choice(self, schema: Schema, name: str, content: FieldContent) -> Any:
        options = [option for option in schema["enum"] if self._validator.evolve(schema=schema).is_valid(option)]
        texts = [option for option in options if isinstance(option, str)]
        if texts:
            return content.choice(name, texts, schema)
        return next(iter(options), None)

    def _branch(self, schema: Schema, keyword: str, name: str, content: FieldContent, seen: tuple[str, ...]) -> Any:
        """The first branch whose instance fits; `null` is the last resort, or the first in a recursion."""
        shared = {key: value for key, value in schema.items() if key != keyword}
        branches = sorted(schema[keyword], key=lambda branch: (_is_null(branch) != _lean(seen), False))
        instance = None
        for branch in branches:
            instance = self.write(_merged(shared, self._resolved(branch, seen)[0]), name, content, seen)
            if self._validator.evolve(schema=schema).is_valid(instance):
                break
        return instance

    def _resolved(self, schema: Schema, seen: tuple[str, ...]) -> tuple[Schema, tuple[str, ...]]:
        """References followed and `allOf` joined."""
        while "$ref" in schema and isinstance(schema["$ref"], str) and seen.count(schema["$ref"]) <= 2 * DEEPEST:
            seen = (*seen, schema["$ref"])
            schema = _merged(self._target(schema["$ref"]), {k: v for k, v in schema.items() if k != "$ref"})
        for part in schema.get("allOf", ()):
            schema = _merged(
                {key: value for key, value in schema.items() if key != "allOf"}, self._resolved(part, seen)[0]
            )
        return schema, seen

    def _target(self, reference: str) -> Schema:
        found: Any = self._root
        for step in reference.removeprefix("#").strip("/").split("/"):
            if step:
                found = found.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, Mapping) else {}
        return found if isinstance(found, Mapping) else {}


def _lean(seen: tuple[str, ...]) -> bool:
    references = [reference for reference in seen if reference]
    deep = seen.count("") > DEEPEST
    return deep or any(references.count(reference) > SAME_REFERENCE for reference in set(references))


def _is_null(branch: Any) -> bool:
    return isinstance(branch, Mapping) and branch.get("type") == "null"


def _merged(first: Schema, second: Schema) -> dict[str, Any]:
    """Both at once, as `allOf` means it; where both bound the same, the second wins."""
    merged = {**first, **second}
    if "properties" in first and "properties" in second:
        merged["properties"] = {**first["properties"], **second["properties"]}
    if "required" in first and "required" in second:
        merged["required"] = [
            *first["required"],
            *(name for name in second["required"] if name not in first["required"]),
        ]
    return merged


def _type_of(schema: Schema, *, lean: bool) -> str:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        plain = [kind for kind in kinds if kind != "null"]
        return "null" if "null" in kinds and (lean or not plain) else str(plain[0])
    if kinds:
        return str(kinds)
    if "properties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "minItems" in schema:
        return "array"
    return "number" if "minimum" in schema or "maximum" in schema else "string"
