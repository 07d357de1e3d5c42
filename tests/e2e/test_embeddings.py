"""The classic examples of embeddings, over HTTP, with the embedded brain's own vectors behind Bedrock's wire."""

from __future__ import annotations

import base64
import struct
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.api import Answer, call
from tests.e2e.conftest import ROOT, RunningStack

PHYSICS = (
    "General relativity explains the pull between masses by the warping of spacetime around them.",
    "Quantum mechanics calculates the properties and the behaviour of molecules, atoms and smaller particles.",
    "Wavelets split a signal into bands of frequencies, again and again.",
    "Every particle of the universe attracts every other one with a force that is proportional to the product of "
    "their masses and inversely proportional to the square of their distance.",
    "The electromagnetic spectrum is the range of all frequencies of electromagnetic radiation, with their "
    "wavelengths and photon energies.",
)
SPELL = "With a wave of the wand and a whispered incantation the spell turned the frog into a prince."
PROFESSIONS = (
    {"label": "magician", "description": "casts spells and practises magic"},
    {"label": "musician", "description": "plays an instrument and writes songs"},
    {"label": "athlete", "description": "runs, jumps and competes in sports"},
)
SCIENTISTS = ("Albert Einstein", "Isaac Newton", "Marie Curie", "Charles Darwin", "Galileo Galilei", "Niels Bohr")
MUSICIANS = (
    "Ludwig van Beethoven", "Wolfgang Amadeus Mozart", "Johann Sebastian Bach", "Louis Armstrong", "Miles Davis",
    "Ella Fitzgerald",
)  # fmt: skip
MODELS = (
    ("amazon.titan-embed-text-v2:0", 1024),
    ("amazon.nova-2-multimodal-embeddings-v1:0", 3072),
    ("cohere.embed-multilingual-v3", 1024),
    ("cohere.embed-v4:0", 1536),
)


def post(stack: RunningStack, path: str, body: Any, **headers: str) -> Answer:
    answer = call(stack.api_url, "POST", f"/embeddings{path}", body, key=stack.key, headers=headers)
    assert answer.status == 200, answer.text
    return answer


def test_isaac_newton_finds_universal_gravitation(stack: RunningStack) -> None:
    """By a narrow margin: to these vectors the other theory of gravity is nearly as near."""
    body = {"query": "Isaac Newton", "documents": PHYSICS, "top_k": 2}
    first, second = post(stack, "/search", body).json["results"]
    assert (first["index"], first["text"]) == (3, PHYSICS[3])
    assert second["index"] == 0
    assert first["score"] > second["score"] > 0.2


def test_a_spell_is_a_magicians(stack: RunningStack) -> None:
    answer = post(stack, "/classify", {"text": SPELL, "classes": PROFESSIONS}).json
    assert answer["results"][0]["label"] == "magician"
    assert answer["margin"] > 0.1
    assert answer["uncertain"] is False


def test_nothing_is_sure_about_what_belongs_nowhere(stack: RunningStack) -> None:
    answer = post(stack, "/classify", {"text": "Interest rates rose in March.", "classes": PROFESSIONS}).json
    assert answer["uncertain"] is True


def test_twelve_names_fall_into_groups_as_well_as_these_vectors_allow(stack: RunningStack) -> None:
    """Nine of twelve: the local vectors know words, not people. Composers are apart from scientists, but the three jazz
    musicians are taken for scientists; docs/embeddings.md says so."""
    answer = post(stack, "/cluster", {"texts": [*SCIENTISTS, *MUSICIANS], "k": 2}).json
    label = dict(zip([*SCIENTISTS, *MUSICIANS], answer["labels"], strict=True))
    assert answer["k"] == 2 and len(answer["points"]) == 12
    assert sorted(place for each in answer["clusters"] for place in each["members"]) == list(range(12))
    composers, scientists = ({label[name] for name in names} for names in (MUSICIANS[:3], SCIENTISTS))
    assert len(composers) == len(scientists) == 1
    assert composers != scientists


def test_sentences_fall_into_their_subjects(stack: RunningStack) -> None:
    science = ("He measured the speed of light.", "She discovered radium.", "The experiment proved the theory.")
    music = ("She played the violin sonata.", "He composed a symphony.", "The orchestra played the concerto.")
    answer = post(stack, "/cluster", {"texts": [*science, *music]}).json
    assert answer["labels"] == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("query", "documents", "best"),
    [
        (
            "Wie wird das Wetter morgen?",
            ["Der Zug hat Verspätung.", "Das Wetter wird morgen sonnig.", "La receta lleva huevos."],
            1,
        ),
        (
            "¿Qué lleva la receta de la tortilla?",
            ["Der Zug hat Verspätung.", "Das Wetter wird sonnig.", "Una receta de tortilla lleva huevos y patatas."],
            2,
        ),
        ("天气", ["水很冷", "今天天气很好", "火车晚点了"], 1),
    ],
)
def test_other_languages_and_scripts_work_end_to_end(
    stack: RunningStack, query: str, documents: list[str], best: int
) -> None:
    (hit,) = post(stack, "/search", {"query": query, "documents": documents, "top_k": 1}).json["results"]
    assert (hit["index"], hit["text"]) == (best, documents[best])


@pytest.mark.parametrize(("model", "dimensions"), MODELS)
def test_every_allowed_model_embeds_in_its_own_format(stack: RunningStack, model: str, dimensions: int) -> None:
    body = {"input": ["a heron", "ein Reiher"], "model": model, "input_type": "query"}
    answer = post(stack, "", body).json
    assert (answer["model"], answer["dimensions"]) == (model, dimensions)
    assert [len(vector) for vector in answer["embeddings"]] == [dimensions, dimensions]
    assert answer["usage"]["input_tokens"] > 0 and answer["cost_usd"] > 0


def test_numbers_and_base64_are_the_same_vectors(stack: RunningStack) -> None:
    numbers = post(stack, "", {"input": "a heron", "dimensions": 256}).json["embeddings"][0]
    (text,) = post(stack, "", {"input": "a heron", "dimensions": 256, "encoding_format": "base64"}).json["embeddings"]
    assert struct.pack("<256f", *numbers) == base64.b64decode(text)


def test_an_answer_beyond_lambdas_six_megabytes_arrives_whole_and_is_on_the_ledger(stack: RunningStack) -> None:
    texts = [f"text {number}" for number in range(900)]
    answer = post(stack, "", {"input": texts, "model": "cohere.embed-v4:0", "encoding_format": "base64"})
    assert len(answer.text) > 6 * 1024 * 1024
    assert len(answer.json["embeddings"]) == 900
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.outputs["LedgerTableName"])
    rows = [row for page in pages for row in page["Items"]]
    (row,) = [each for each in rows if each["reference"]["S"] == "900 texts"]
    assert (row["operation"]["S"], row["outcome"]["S"]) == ("embeddings.embed", "completed")
    assert Decimal(row["cost_usd"]["N"]) == Decimal(str(answer.json["cost_usd"]))


def test_too_much_is_refused_with_its_remedy(stack: RunningStack) -> None:
    texts = [str(number) for number in range(2_048)]
    body = {"input": texts, "model": "amazon.nova-2-multimodal-embeddings-v1:0"}
    answer = call(stack.api_url, "POST", "/embeddings", body, key=stack.key)
    assert (answer.status, answer.json["code"]) == (413, "too_large")
    assert "base64" in answer.json["detail"]


def test_the_example_client_runs(stack: RunningStack) -> None:
    environment = {"QUARRY_URL": stack.api_url, "QUARRY_KEY": stack.key}
    result = subprocess.run(
        [sys.executable, ROOT / "examples/clients/embeddings.py"], env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert "Clusters: [[0, 2], [1, 3]]" in result.stdout
    assert "4 vectors of 256 numbers by amazon.titan-embed-text-v2:0" in result.stdout
