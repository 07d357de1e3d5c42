"""10,000 random questions with random filters: no passage of another tenant, whatever the filter tries."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from lambdas.shared.adapters.bedrock_knowledge_base_retriever import BedrockKnowledgeBaseRetriever
from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.metadata_filter import AllOf, AnyOf, Comparison, MetadataFilter
from lambdas.shared.domain.passage_retriever import PassageQuery
from local.bedrock.brain import Vectors
from local.bedrock.guardrails.directory import GuardrailDirectory
from local.bedrock.knowledge.directory import KnowledgeDirectory
from local.bedrock.knowledge.passages import StoredPassage
from local.bedrock.knowledge.retrieval import Retrieval
from tests.integration.local_bedrock.knowledge_house import knowledge_base

QUESTIONS = 10_000
# Names that could be taken for parts of other names, for operators or for patterns.
TENANTS = ("acme", "acme-2", "ac", "ACME", "*", "tenant", "equals", "a.me", "rival", "rival ")
KEYS = ("tenant", "Tenant", "year", "kind", "x-amz-bedrock-kb-source-uri", "missing", "orAll")
OPERATORS = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists")


class RandomBrain:
    """Vectors without meaning: any passage may be the nearest."""

    def __init__(self, chance: random.Random) -> None:
        self._numbers = np.random.default_rng(chance.randrange(2**32))

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = self._numbers.normal(size=(len(texts), 8)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class InProcess:
    """The call of a client, without its wire."""

    def __init__(self, retrieval: Retrieval) -> None:
        self.retrieve: Callable[..., dict[str, Any]] = lambda **given: retrieval.retrieve(given)


def passages() -> Iterator[StoredPassage]:
    for tenant in TENANTS:
        for number in range(6):
            yield StoredPassage(
                chunk_id=f"{tenant}-{number}",
                source_id="S" * 10,
                document=f"{tenant}-{number}",
                text=f"of {tenant}|",
                parent="0",
                location={"type": "CUSTOM", "customDocumentLocation": {"id": f"{tenant}-{number}"}},
                metadata={"tenant": tenant, "year": 2000 + number, "kind": TENANTS[number], "Tenant": "acme"},
            )


def value(chance: random.Random) -> Any:
    return chance.choice([*TENANTS, 2003, 2000.5, True, False, ""])


def comparison(chance: random.Random) -> Comparison:
    operator = chance.choice(OPERATORS)
    if operator in {"$in", "$nin"}:
        return Comparison(chance.choice(KEYS), operator, tuple(value(chance) for _ in range(chance.randint(1, 4))))
    number = operator in {"$gt", "$gte", "$lt", "$lte"}
    return Comparison(chance.choice(KEYS), operator, chance.randint(1999, 2007) if number else value(chance))


def condition(chance: random.Random, depth: int = 0) -> MetadataFilter:
    if depth == 3 or chance.random() < 0.5:
        return comparison(chance)
    kind = chance.choice([AllOf, AnyOf])
    return kind(tuple(condition(chance, depth + 1) for _ in range(chance.randint(1, 3))))


def test_no_question_finds_a_passage_of_another_tenant() -> None:
    chance = random.Random(1912)
    brain: Any = RandomBrain(chance)
    directory = KnowledgeDirectory()
    base = directory.create_knowledge_base(knowledge_base("tenants"), "us-east-1")
    for passage in passages():
        base.store("S" * 10, passage.document, [passage], brain.embed([passage.text]))
    retrieval = Retrieval(brain, directory, GuardrailDirectory(lambda _: None))
    foreign: list[int] = []
    retriever = BedrockKnowledgeBaseRetriever(
        InProcess(retrieval), knowledge_base_id=base.knowledge_base_id, count_foreign=foreign.append
    )
    answered = refused = 0
    for _ in range(QUESTIONS):
        tenant = chance.choice(TENANTS)
        wanted = None if chance.random() < 0.2 else condition(chance)
        try:
            found = retriever.retrieve(PassageQuery(tenant, "question", chance.randint(1, 100), wanted))
        except InvalidInputError:
            refused += 1
            continue
        answered += bool(found)
        assert {passage.text for passage in found} <= {f"of {tenant}|"}, wanted
    assert foreign == [], "the filter itself keeps them apart, not the second look"
    assert answered > QUESTIONS / 4 and refused > 0
