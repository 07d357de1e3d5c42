"""The OpenAPI document as a page for people, in Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_HEAD = """# API reference

Generated from [openapi.json](openapi.json) by `make openapi`; how things work together is in [api.md](api.md). A
running deployment serves the document at `GET /openapi.json`, without a key: any OpenAPI 3.1 tool (Scalar, Swagger UI,
Bruno, Postman, a client generator) can be pointed at it.
"""


def reference_page(document: Mapping[str, Any]) -> str:
    """Operations by tag, then the schemas, then the problem codes by status."""
    parts = [_HEAD, *_operations(document), "## Schemas\n"]
    parts += [_schema(name, schema) for name, schema in document["components"]["schemas"].items()]
    return "\n".join(parts).rstrip() + "\n"


def _operations(document: Mapping[str, Any]) -> Iterator[str]:
    for tag in document["tags"]:
        yield f"## {tag['name'].capitalize()}\n\n{tag['description']}\n"
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation["tags"]:
                    yield _operation(document, f"{method.upper()} {path}", operation)


def _operation(document: Mapping[str, Any], title: str, operation: Mapping[str, Any]) -> str:
    lines = [f"### `{title}`", "", f"{operation['summary']}. {operation['description']}", ""]
    if parameters := [_resolve(document, each) for each in operation.get("parameters", ())]:
        lines += ["| parameter | in | type | |", "|---|---|---|---|"]
        for each in parameters:
            kind, text = _type(each["schema"]), each.get("description", "")
            lines.append(f"| `{each['name']}` | {each['in']} | {kind} | {text} |")
        lines.append("")
    if "requestBody" in operation:
        lines += _content("Body", operation["requestBody"]["content"])
    problems = []
    for status, response in operation["responses"].items():
        found = _resolve(document, response)
        if int(status) >= 400:
            problems.append(f"| {status} | {found['description']} |")
        else:
            lines += _content(f"Answer {status}", found["content"]) if "content" in found else _plain(status, found)
    return "\n".join([*lines, "| status | problem |", "|---|---|", *problems, ""])


def _plain(status: str, response: Mapping[str, Any]) -> list[str]:
    return [f"**Answer {status}.** {response['description']}", ""]


def _content(what: str, content: Mapping[str, Any]) -> list[str]:
    ((kind, media),) = content.items()
    events = [each["properties"] for each in media["schema"].get("oneOf", ()) if "event" in each.get("properties", {})]
    lines = [f"**{what}** (`{kind}`){'' if events else ': ' + _type(media['schema'])}", ""]
    for each in events:
        lines.append(f"- `{each['event']['const']}`: {_type(each['data']['contentSchema'])}")
    lines += [""] if events else []
    for example in media.get("examples", {}).values():
        value = example["value"]
        text = value.rstrip() if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        lines += ["```json" if not isinstance(value, str) else "```text", text, "```", ""]
    return lines


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    lines = [f"### {name}", "", schema.get("description", ""), "", "| field | type | |", "|---|---|---|"]
    for field, each in schema.get("properties", {}).items():
        notes = [each["description"]] if "description" in each else []
        notes += [] if field in required else ["Optional."]
        if each.get("default") is not None:
            notes.append(f"Default: `{json.dumps(each['default'])}`.")
        lines.append(f"| `{field}` | {_type(each)} | {' '.join(notes)} |")
    return "\n".join([*lines, ""])


def _resolve(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in value:
        return value
    found: Any = document
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def _type(schema: Mapping[str, Any]) -> str:
    """`list of [Item](#item), or null`, with what else the schema demands."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(_type(each) for each in schema[word])
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{json.dumps(each)}`" for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return f"list of {_type(schema['items'])}{_limits(schema)}"
    return f"{schema.get('type', 'anything')}{_limits(schema)}"


def _limits(schema: Mapping[str, Any]) -> str:
    words = {
        "minimum": "from {}", "maximum": "to {}", "minLength": "at least {} characters", "maxItems": "at most {}",
        "maxLength": "at most {} characters", "pattern": "`{}`",
    }  # fmt: skip
    found = [text.format(str(schema[word]).replace("|", "\\|")) for word, text in words.items() if word in schema]
    return f" ({', '.join(found)})" if found else ""
