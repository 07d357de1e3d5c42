"""Bends proposed values into the bounds of their JSON schema."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
_FORMATS = {
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "email": "unknown@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "hostname": "example.com",
    "ipv4": "127.0.0.1",
}
_FORMAT_PATTERNS = {"date": r"\d{4}-\d{2}-\d{2}", "email": r"[^@\s]+@[^@\s]+\.\w+", "uri": r"https?://\S+"}
# Tried in turn where the text does not match a pattern.
_PATTERN_GUESSES = (
    *_FORMATS.values(), "unknown", "Unknown", "UNKNOWN", "a", "A", "0", "1", "00", "000", "0000", "00000", "AA", "aa",
    "AAA", "aaa", "A1", "AB-1234", "1.0", "1.0.0", "en", "en-US", "00:00", "+10000000000", "#000000", "USD", "true",
    "a-b", "a_b", "ID-1", "x1", "",
)  # fmt: skip


def fitted_string(text: str, schema: Schema, material: str) -> str:
    """The text within `minLength`, `maxLength`, `pattern` and `format`; short texts are continued by the material."""
    shape = schema.get("format")
    if shape in _FORMATS and not re.fullmatch(_FORMAT_PATTERNS.get(shape, r"(?!)"), text):
        return _FORMATS[shape]
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        text = _matching(pattern, text, material)
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    if len(text) < shortest:
        text = f"{text} {material}".strip()[: max(shortest, 200 if longest is None else min(longest, 200))]
        text = text.ljust(shortest, ".")
    if longest is not None and len(text) > longest:
        text = _cut(text, longest, shortest)
    return text


def _cut(text: str, longest: int, shortest: int) -> str:
    """Cut between sentences if one ends late enough, else between words."""
    head = text[:longest]
    sentence = max(head.rfind(mark) for mark in (". ", "! ", "? ", "。", "！", "？")) + 1
    word = head.rstrip().rfind(" ") if not text[longest : longest + 1].isspace() else longest
    for end in (sentence, word):
        if end >= max(shortest, longest // 2):
            return head[:end]
    return head


def _matching(pattern: str, text: str, material: str) -> str:
    try:
        compiled = re.compile(pattern)
    except re.error:
        return text
    if compiled.search(text):
        return text
    inner = re.search(pattern.removeprefix("^").removesuffix("$"), material)
    candidates = ([inner[0]] if inner else []) + list(_PATTERN_GUESSES)
    return next((candidate for candidate in candidates if compiled.search(candidate)), text)


def fitted_number(value: float, schema: Schema, *, whole: bool) -> int | float:
    """The number within its bounds and a multiple of `multipleOf`."""
    step = schema.get("multipleOf") or (1 if whole else None)
    low, high = _bounds(schema, step or 1e-6)
    value = min(max(value, low), high)
    if step:
        value = math.floor(value / step + 1e-9) * step
        if value < low:
            value += step
    return round(value) if whole or float(value).is_integer() else round(value, 9)


def _bounds(schema: Schema, step: float) -> tuple[float, float]:
    low = schema.get("minimum", -math.inf)
    high = schema.get("maximum", math.inf)
    if isinstance(schema.get("exclusiveMinimum"), int | float):
        low = max(low, schema["exclusiveMinimum"] + step)
    if isinstance(schema.get("exclusiveMaximum"), int | float):
        high = min(high, schema["exclusiveMaximum"] - step)
    return low, high


def item_count(available: int, schema: Schema) -> int:
    """How many items: what is there, within `minItems` and `maxItems`."""
    most = schema.get("maxItems", max(available, schema.get("minItems", 0)))
    return int(min(max(available, schema.get("minItems", 0)), most))


def unique(items: list[Any], item_schema: Schema, schema: Schema) -> list[Any]:
    """Without repetitions; other labels or numbered texts fill up to `minItems`."""
    kept: dict[str, Any] = {json.dumps(item, sort_keys=True): item for item in items}
    for label in item_schema.get("enum", ()):
        if len(kept) < schema.get("minItems", 0):
            kept.setdefault(json.dumps(label, sort_keys=True), label)
    number = 2
    while len(kept) < schema.get("minItems", 0) and number < 1_000:
        base = items[-1]
        other = (
            f"{base} ({number})" if isinstance(base, str) else base + number if isinstance(base, int | float) else None
        )
        if other is None:
            break
        kept.setdefault(json.dumps(other, sort_keys=True), other)
        number += 1
    return list(kept.values())
