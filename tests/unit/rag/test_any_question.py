"""Ten thousand random questions of random tenants: nobody sees another's passage, no citation is invented."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import partial

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import ChatRequest
from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.filter_matching import matches
from lambdas.shared.domain.filter_parsing import parse_filter
from lambdas.shared.domain.metadata_filter import MetadataFilter
from lambdas.shared.domain.passage_retriever import Passage
from lambdas.shared.domain.window import Window
from lambdas.shared.services.rag_question import NOT_FOUND, RagQuestion
from tests.unit.rag.stage import Stage

QUESTIONS = 10_000
TENANTS = ("acme", "acm", "acme-2", "rival", "Acme", "a")
WORDS = [
    "mill",
    "bridge",
    "harbour",
    "tea",
    "salt",
    "heron",
    "library",
    "orchard",
    "wind",
    "boat",
    "river",
    "stone",
    "lamp",
    "glass",
    "copper",
]
KEYS = ("year", "kind", "open", "tags")
RESERVED = ("tenant", "TENANT", "quarry_text", "AMAZON_BEDROCK_TEXT", "x-amz-bedrock-kb-chunk-id")


@dataclass
class NoConversation:
    """Conversations are tested elsewhere."""

    id: str = "conv_none"
    message_count: int = 0

    def begin(self, *about: object) -> NoConversation:
        return self

    def recent(self, budget_tokens: int) -> Window:
        return Window()

    def wait(self) -> None: ...

    def store(self, question: str, answer: str, *, model: str | None) -> None: ...

    def release(self) -> None: ...


def passages_of(chance: random.Random, tenant: str) -> list[Passage]:
    return [
        Passage(
            id=f"{tenant}/{number}",
            text=" ".join(chance.choices(WORDS, k=12)).capitalize() + f". Written {chance.randint(1800, 1900)}.",
            document_id=f"{tenant}-{number % 5}",
            score=0.0,
            metadata={
                "tenant": tenant,
                "year": chance.randint(1800, 1900),
                "kind": chance.choice(["report", "letter"]),
                "tags": chance.sample(WORDS, 2),
            },
            page=number + 1,
        )
        for number in range(12)
    ]


def any_filter(chance: random.Random, depth: int = 0) -> dict[str, object]:
    """As a caller sends it; now and then one that asks for what is not the caller's to ask."""
    if depth < 2 and chance.random() < 0.35:
        return {chance.choice(["$and", "$or"]): [any_filter(chance, depth + 1) for _ in range(chance.randint(1, 3))]}
    if chance.random() < 0.12:
        return {chance.choice(RESERVED): chance.choice([chance.choice(TENANTS), {"$ne": "x"}, {"$exists": True}])}
    key = chance.choice(KEYS)
    return {
        key: chance.choice([{"$exists": False}, {"$ne": "report"}, {"$gte": 1850}, {"$in": [*WORDS[:7], "letter"]}])
    }


def any_answer(chance: random.Random, shown: dict[str, list[Passage]], request: ChatRequest) -> str:
    """Sentences with citations that hold, and with all kinds that do not."""
    passages = shown["now"]
    said = []
    for _ in range(chance.randint(1, 4)):
        number = chance.randint(0, len(passages) + 2)
        words = passages[number - 1].text.split() if 1 <= number <= len(passages) else chance.choices(WORDS, k=5)
        at = chance.randrange(len(words))
        quote = " ".join(words[at : at + chance.randint(1, 6)])
        quote = chance.choice([quote, quote, quote, quote.upper(), quote + " and more", chance.choice(WORDS)])
        said.append(f'{" ".join(chance.choices(WORDS, k=4)).capitalize()}. [{number}: "{quote}"]')
    return " ".join(said)


def read(raw: dict[str, object] | None) -> MetadataFilter | None:
    return None if raw is None else parse_filter(raw)


def test_nobody_sees_anothers_passage_and_no_citation_is_invented() -> None:
    chance = random.Random(20261125)
    owned = {tenant: passages_of(chance, tenant) for tenant in TENANTS}
    shown: dict[str, list[Passage]] = {}
    stage = Stage(partial(any_answer, chance, shown), passages=owned, floor=0.1, conversations=NoConversation())
    seen = cited = grounded = refused_filters = 0
    for _ in range(QUESTIONS):
        tenant = chance.choice(TENANTS)
        raw = any_filter(chance) if chance.random() < 0.5 else None
        try:
            condition = read(raw)
        except InvalidInputError:
            refused_filters += 1
            continue
        wanted = RagQuestion(
            caller=Caller(tenant, "web", "ann"),
            question=" ".join(chance.choices([*WORDS, *TENANTS], k=chance.randint(1, 6))),
            filter=condition,
            top_k=chance.choice([None, 1, 3, 100]),
        )
        shown["now"] = list(stage.find.find(wanted).passages)
        answer = stage.rag.answer(wanted)
        texts = {each.id: each for each in owned[tenant]}
        for passage in answer.passages:
            assert passage.text == texts[passage.id].text
            assert passage.id.split("/")[0] == tenant
            assert condition is None or matches(condition, texts[passage.id].metadata)
            assert "tenant" not in passage.metadata
        for citation in answer.citations:
            assert citation.passage_id in {each.id for each in answer.passages}
            assert citation.quote in texts[citation.passage_id].text
            assert answer.answer[citation.start : citation.end].strip()
        assert answer.grounded is bool(citation_ids := answer.citations), citation_ids
        assert answer.grounded or answer.answer == NOT_FOUND
        seen, cited, grounded = seen + len(answer.passages), cited + len(answer.citations), grounded + answer.grounded
    # The test would prove nothing if little was found, cited, refused or withdrawn.
    assert seen > 10_000 and cited > 3_000 and 1_000 < grounded < QUESTIONS - 1_000 and refused_filters > 300
