"""A JSON schema asked for gets a valid instance with content from the material."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from local.bedrock.brain import Brain
from tests.unit.local_bedrock.prompts import TELESCOPE, say

SUMMARY = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 200},
        "summary": {"type": "string"},
        "key_points": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 7},
        "topics": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 6},
        "language": {"type": "string"},
    },
    "required": ["title", "summary", "key_points", "topics", "language"],
    "additionalProperties": False,
}
NESTED = {
    "type": "object",
    "properties": {
        "entities": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/entity"}},
        "sentiment": {"enum": ["positive", "neutral", "negative"]},
        "contact": {
            "type": "object",
            "properties": {"email": {"type": "string", "format": "email"}},
            "required": ["email"],
        },
        "cost": {"type": "number", "minimum": 1},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "grounded": {"type": "boolean"},
        "note": {"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 40}]},
    },
    "required": ["entities", "sentiment", "contact", "cost", "confidence", "grounded", "note"],
    "$defs": {
        "entity": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "type": {"enum": ["person", "place", "organization"]}},
            "required": ["name", "type"],
            "additionalProperties": False,
        }
    },
}
TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["name", "children"],
        }
    },
}
LINKED = {
    "$defs": {
        "item": {
            "type": "object",
            "properties": {"next": {"anyOf": [{"$ref": "#/$defs/item"}, {"type": "null"}]}},
            "required": ["next"],
        }
    },
    "$ref": "#/$defs/item",
}
BOUNDS = {
    "type": "object",
    "properties": {
        "short": {"type": "string", "maxLength": 10},
        "long": {"type": "string", "minLength": 900, "maxLength": 1000},
        "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"},
        "day": {"type": "string", "format": "date"},
        "count": {"type": "integer", "minimum": 5, "exclusiveMaximum": 8},
        "steps": {"type": "number", "multipleOf": 0.5, "exclusiveMinimum": 0},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        "flags": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 2, "uniqueItems": True},
        "many": {"type": "array", "items": {"type": "string"}, "minItems": 30, "uniqueItems": True},
        "kind": {"const": "report"},
        "maybe": {"type": ["string", "null"]},
        "anything": True,
        "both": {"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
                           {"properties": {"b": {"type": "string"}}, "required": ["b"]}]},
        "one": {"oneOf": [{"type": "integer", "minimum": 10}, {"type": "string", "maxLength": 3}]},
    },
    "required": ["short", "long", "code", "day", "count", "steps", "pair", "flags", "many", "kind", "maybe", "anything",
                 "both", "one", "undeclared"],
}  # fmt: skip


DOCUMENT = "<document>\n{}\n</document>\n\nSummarize the document above as one JSON object."
ANSWER = {"type": "object", "properties": {"answer": {"type": "string"}}}


def written(brain: Brain, schema: Any, material: str = TELESCOPE) -> Any:
    system = f"Write JSON.\n<json_schema>\n{json.dumps(schema)}\n</json_schema>"
    return json.loads(say(brain, DOCUMENT.format(material), system=system))


@pytest.mark.parametrize("schema", [SUMMARY, NESTED, TREE, LINKED, BOUNDS, {"type": "array"}, {}, {"enum": [1, 2]}])
@pytest.mark.parametrize("material", [TELESCOPE, "짧은 글입니다. 한국어로 썼습니다.", "", "12 34 | 56", "x" * 5000])
def test_the_instance_is_valid(brain: Brain, schema: Any, material: str) -> None:
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(written(brain, schema, material))]
    assert not errors


def test_the_summary_fields_speak_of_the_document(brain: Brain) -> None:
    summary = written(brain, SUMMARY)
    assert summary["title"] == "The Heron radio telescope"
    assert "Heron radio telescope stands on a hill" in summary["summary"]
    assert len(summary["key_points"]) >= 3
    assert any("telescope" in topic for topic in summary["topics"])
    assert summary["language"] == "en"


def test_nested_fields_are_taken_from_the_text(brain: Brain) -> None:
    found = written(brain, NESTED)
    assert {"name": "Ada Marques", "type": "person"}["name"] in [entity["name"] for entity in found["entities"]]
    assert found["contact"]["email"] == "heron@example.pt"


@pytest.mark.parametrize(
    ("review", "sentiment"),
    [("I love this kettle, it is excellent.", "positive"), ("It broke on the first day. Terrible!", "negative"),
     ("The kettle is made of steel.", "neutral"), ("This is not good.", "negative")],
)  # fmt: skip
def test_sentiment_is_read_from_polar_words(brain: Brain, review: str, sentiment: str) -> None:
    assert written(brain, NESTED, review)["sentiment"] == sentiment


def test_the_schema_of_the_api_goes_before_the_prompts(brain: Brain) -> None:
    answer = say(brain, "<text>Tea is green.</text> Answer.", schema=ANSWER)
    assert set(json.loads(answer)) == {"answer"}


@pytest.mark.parametrize(
    ("text", "language"),
    [("Das ist ein Haus und wir sind nicht da.", "de"), ("C'est la maison de mon ami et elle est belle.", "fr"),
     ("La casa de mi amigo es muy grande y está en el centro.", "es"),
     ("Não é a minha casa, mas você pode entrar.", "pt"), ("Questo è il libro che ho letto con la mia amica.", "it"),
     ("Dit is het huis van mijn vriend en het is groot.", "nl"),
     ("안녕하세요 반갑습니다", "ko"), ("これは本です。とても面白い。", "ja"), ("这是一本书，非常有意思。", "zh"),
     ("Это моя книга.", "ru"), ("هذا كتاب جميل", "ar"), ("This is the house of my friend.", "en"), ("12 34", "en")],
)  # fmt: skip
def test_languages_are_told_apart(brain: Brain, text: str, language: str) -> None:
    assert written(brain, SUMMARY, text)["language"] == language


def test_a_broken_schema_in_a_prompt_is_no_schema(brain: Brain) -> None:
    answer = say(brain, f"<json_schema>{{not json</json_schema><document>{TELESCOPE}</document> Summarize.")
    assert "Heron" in answer
    assert not answer.startswith("{")
