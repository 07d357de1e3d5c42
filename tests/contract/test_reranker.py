"""`Reranker`: the adapter over a local Bedrock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lambdas.shared.adapters.bedrock_reranker import MOST_PASSAGES, BedrockReranker
from lambdas.shared.domain.errors import InvalidInputError, ModelRefusedRequestError
from lambdas.shared.domain.passage_retriever import Passage
from tests.contract.knowledge_wire import knowledge_base
from tests.integration.local_bedrock.knowledge_house import KnowledgeHouse

ARN = "arn:aws:bedrock:us-west-2::foundation-model/amazon.rerank-v1:0"
PASSAGES = [
    Passage("p0", "Bread is baked in an oven.", "d0", 0.9, {"a": 1}),
    Passage("p1", "", "d1", 0.8, {}),
    Passage("p2", "Whales sing under water.", "d2", 0.1, {"b": 2}, page=4),
]


@pytest.fixture(scope="module")
def house() -> Iterator[KnowledgeHouse]:
    with knowledge_base("reranker") as house:
        yield house


@pytest.fixture
def reranker(house: KnowledgeHouse) -> BedrockReranker:
    return BedrockReranker(house.runtime, model_arn=ARN)


def test_the_most_relevant_passage_comes_first_with_its_new_score(reranker: BedrockReranker) -> None:
    best, second = reranker.rerank("Do whales sing?", PASSAGES, 2)
    assert best._replace(score=0.1) == PASSAGES[2]
    assert 1 >= best.score > second.score >= 0


def test_all_are_ranked_where_there_are_fewer_than_wanted(reranker: BedrockReranker) -> None:
    assert {each.id for each in reranker.rerank("oven", PASSAGES, 50)} == {"p0", "p1", "p2"}
    assert reranker.rerank("oven", [], 5) == []


def test_too_many_passages_and_a_strange_model_are_refused(house: KnowledgeHouse, reranker: BedrockReranker) -> None:
    with pytest.raises(InvalidInputError, match="1,000 is the most"):
        reranker.rerank("q", PASSAGES[:1] * (MOST_PASSAGES + 1), 5)
    chat = BedrockReranker(house.runtime, model_arn=ARN.replace("rerank", "nova-lite"))
    with pytest.raises(ModelRefusedRequestError):
        chat.rerank("q", PASSAGES, 5)
