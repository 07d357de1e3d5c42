"""Compiles catalog/models.toml, which people edit, to catalog/compiled.json, which functions read."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

Check = Callable[[Any], Any]


class CatalogError(Exception):
    """The catalogue is wrong; the message names the model and the key."""


def compile_catalog(root: Path) -> Path:
    """Validate `<root>/catalog/models.toml` and write `<root>/catalog/compiled.json` if it changed; returns its path.

    Raises CatalogError on the first mistake.
    """
    source, target = root / "catalog" / "models.toml", root / "catalog" / "compiled.json"
    try:
        # Decimal keeps a price as it was written: 0.1 stays 0.1.
        table = tomllib.loads(source.read_text(encoding="utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{source.name}: {error}") from error
    compiled = {"models": _models(table), "guardrail": _guardrail(table)}
    text = json.dumps(compiled, ensure_ascii=False, separators=(",", ":")) + "\n"
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")
    return target


def _models(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    sources = table.get("sources", {})
    unknown = sorted(set(table) - {"sources", "models", "guardrail"})
    if unknown:
        raise CatalogError(f"models.toml: unknown table {unknown[0]!r}")
    compiled: dict[str, dict[str, Any]] = {}
    for number, model in enumerate(table.get("models", []), start=1):
        if not isinstance(model.get("id"), str):
            raise CatalogError(f"models.toml: model number {number} has no id")
        if model["id"] in compiled:
            raise CatalogError(f"models.toml: {model['id']}: id: given twice")
        compiled[model["id"]] = _checked(model, _MODEL, model["id"], "")
        name = model.get("prices", {}).get("source")
        if name is not None and name not in sources:
            raise CatalogError(f"models.toml: {model['id']}: prices.source: {name!r} is not listed under [sources]")
    return [compiled[model_id] for model_id in sorted(compiled)]


def _guardrail(table: Mapping[str, Any]) -> dict[str, Any]:
    """Prices of the guardrail's policies; a table that is not there makes them unknown."""
    if "guardrail" not in table:
        return {}
    prices = _checked(table["guardrail"], _GUARDRAIL, "guardrail", "")
    if prices["source"] not in table.get("sources", {}):
        raise CatalogError(f"models.toml: guardrail: source: {prices['source']!r} is not listed under [sources]")
    return prices


def _checked(value: Any, schema: Mapping[str, Check | Mapping[str, Any]], model: str, path: str) -> dict[str, Any]:
    """`value` with every key checked and turned into JSON; keys in the schema's order."""
    if not isinstance(value, dict):
        raise CatalogError(f"models.toml: {model}: {path.rstrip('.')}: must be a table")
    names = {name.rstrip("!"): name for name in schema}
    for key in value:
        if key not in names and "*" not in names:
            raise CatalogError(f"models.toml: {model}: {path}{key}: unknown key")
    missing = [name for name, marked in names.items() if marked.endswith("!") and name not in value]
    if missing:
        raise CatalogError(f"models.toml: {model}: {path}{missing[0]}: missing")
    checked = {}
    for key in value if "*" in names else [name for name in names if name in value]:
        check = schema[names.get(key, "*")]
        if not callable(check):
            checked[key] = _checked(value[key], check, model, f"{path}{key}.")
            continue
        try:
            checked[key] = check(value[key])
        except ValueError as error:
            raise CatalogError(f"models.toml: {model}: {path}{key}: {error}") from error
    return checked


def _require(holds: bool, complaint: str) -> None:
    if not holds:
        raise ValueError(complaint)


def _text(value: Any) -> str:
    _require(isinstance(value, str) and bool(value), "must be a text")
    return str(value)


def _one_of(*allowed: str) -> Check:
    def check(value: Any) -> str:
        _require(value in allowed, f"must be one of {', '.join(allowed)}")
        return str(value)

    return check


def _list_of(check: Check) -> Check:
    def check_list(value: Any) -> list[Any]:
        _require(isinstance(value, list), "must be a list")
        return [check(item) for item in value]

    return check_list


def _flag(value: Any) -> bool:
    _require(isinstance(value, bool), "must be true or false")
    return bool(value)


def _count(value: Any) -> int:
    _require(type(value) is int and value > 0, "must be a whole number above 0")
    return int(value)


def _usd(value: Any) -> str:
    """A price, as the exact text that was written."""
    _require(type(value) in (int, Decimal), "must be a number")
    _require(Decimal(value).is_finite() and value >= 0, "must not be negative")
    return format(Decimal(value), "f")


def _ratio(value: Any) -> str:
    text = _usd(value)
    _require(Decimal(text) > 0, "must be above 0")
    return text


def _day(value: Any) -> str:
    _require(type(value) is date, "must be a date such as 2026-11-21")
    return str(value)


# A trailing ! marks a key that must be there; * stands for any key.
_TIER = {"input": _usd, "output": _usd, "cache_read": _usd, "cache_write": _usd}
_BATCH = {"batch_input": _usd, "batch_output": _usd}
_FLAGS = [
    "both_temperature_and_top_p",
    "stop_sequences",
    "system",
    "streaming",
    "tools",
    "forced_tool",
    "native_schema",
    "strict_tools",
    "vision",
    "documents",
    "prefill",
    "reasoning",
    "prompt_cache",
]
_POLICIES = ("content", "topic", "sensitive_information", "contextual_grounding", "content_image")
_GUARDRAIL = {"as_of!": _day, "source!": _text, **dict.fromkeys(_POLICIES, _usd)}
_MODEL: dict[str, Any] = {
    "id!": _text,
    "provider!": _text,
    "kind!": _one_of("chat", "embedding", "rerank"),
    "on_demand!": _flag,
    "quota_label": _text,
    "access": _one_of("none", "form", "marketplace"),
    "context_tokens": _count,
    "max_output_tokens": _count,
    "embedding_format": _one_of("titan_v1", "titan_v2", "cohere_v3", "cohere_v4", "nova"),
    "dimensions": _list_of(_count),
    "max_text_characters": _count,
    "lifecycle": {"status": _one_of("active", "legacy"), "eol": _day},
    "prices!": {
        "as_of!": _day,
        "source!": _text,
        **_TIER,
        **_BATCH,
        "query": _usd,
        "long_context": {"over_tokens!": _count, **_TIER, **_BATCH},
    },
    "capabilities": {
        "sampling": _list_of(_one_of("temperature", "top_p")),
        "top_k_field": _text,
        **dict.fromkeys(_FLAGS, _flag),
        "cache_min_tokens": _count,
    },
    "profiles": {"*": {"price_ratio!": _ratio, "regions": _list_of(_text)}},
}
