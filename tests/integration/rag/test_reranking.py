"""The RAG function's wiring of a rerank model: a Knowledge Base, Rerank and the ledger of a local cloud behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.rag.answer_handler import Settings
from lambdas.rag.wiring import rag_services
from lambdas.shared.adapters import aws_clients
from lambdas.shared.domain.caller import Caller
from lambdas.shared.services.find_passages import FindPassages
from lambdas.shared.services.rag_question import RagQuestion
from tests.contract.knowledge_wire import knowledge_base
from tests.integration.local_bedrock.knowledge_house import KnowledgeHouse, inline

ARN = "arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0"
CHAT_ARN = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
ASKED = RagQuestion(Caller(tenant="acme", client="shop", subject="ann"), "Do whales sing under water?", top_k=1)
DOCUMENTS = {"whales": "Whales sing under water.", "ovens": "Bread is baked in an oven, never under water."}


@pytest.fixture(scope="module")
def house() -> Iterator[KnowledgeHouse]:
    with knowledge_base("rag-wiring") as house:
        house.ingest(*(inline(name, text, tenant="acme") for name, text in DOCUMENTS.items()))
        keys = {"pk": "HASH", "sk": "RANGE"}
        house.clients("dynamodb").create_table(
            TableName="ledger",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        yield house


@pytest.fixture
def asked(house: KnowledgeHouse, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Puts the house behind the wiring's clients; returns how each client for passages was asked for."""
    budgets: list[dict[str, Any]] = []

    def agent_runtime(**budget: Any) -> Any:
        budgets.append(budget)
        return house.runtime

    monkeypatch.setattr(aws_clients, "bedrock_agent_runtime", agent_runtime)
    for name, service in (("dynamodb", "dynamodb"), ("s3", "s3"), ("s3_vectors", "s3vectors")):
        monkeypatch.setattr(aws_clients, name, lambda service=service: house.clients(service))
    monkeypatch.setattr(aws_clients, "bedrock_runtime", lambda **_: house.clients("bedrock-runtime"))
    return budgets


def finder(house: KnowledgeHouse, arn: str) -> FindPassages:
    names = dict.fromkeys(Settings.__dataclass_fields__, "none")
    numbers = {"rag_top_k": 8, "rag_score_floor": 0.0, "rag_rerank_score_floor": 0.0, "conversation_days": 9}
    models = dict.fromkeys(("models", "embedding_models"), "{}")
    own = {"knowledge_base_id": house.base, "ledger_table": "ledger", "ledger_days": 9, "rag_rerank_model_arn": arn}
    _, find = rag_services(Settings(**{**names, **numbers, **models, **own}))  # type: ignore[arg-type]
    return find


def rows(house: KnowledgeHouse) -> list[dict[str, Any]]:
    client = house.clients("dynamodb")
    items = client.scan(TableName="ledger")["Items"]
    for item in items:
        client.delete_item(TableName="ledger", Key={"pk": item["pk"], "sk": item["sk"]})
    return [{name: next(iter(value.values())) for name, value in item.items()} for item in items]


def test_passages_are_reranked_by_the_model_of_the_setting_and_paid(
    house: KnowledgeHouse, asked: list[dict[str, Any]]
) -> None:
    found = finder(house, ARN).find(ASKED)
    assert ([each.document_id for each in found.passages], found.reranking) == (["whales"], "done")
    (row,) = rows(house)
    assert (row["model"], row["operation"], row["outcome"]) == ("cohere.rerank-v3-5:0", "rag.rerank", "completed")
    assert (str(found.bill.usd), row["cost_usd"]) == ("0.002", "0.002")
    knowledge, rerank = sorted(asked, key=lambda budget: -budget["read_timeout_seconds"])
    assert rerank["attempts"] * rerank["read_timeout_seconds"] <= 10 < knowledge["read_timeout_seconds"]


def test_a_model_that_refuses_leaves_the_passages_as_they_were_found(
    house: KnowledgeHouse, asked: list[dict[str, Any]]
) -> None:
    found = finder(house, CHAT_ARN).find(ASKED)
    assert ([each.document_id for each in found.passages], found.reranking) == (["whales"], "unavailable")
    (row,) = rows(house)
    assert (row["outcome"], row["cost_usd"], found.bill.usd) == ("refused", "0", 0)


def test_without_the_setting_nothing_is_asked(house: KnowledgeHouse, asked: list[dict[str, Any]]) -> None:
    assert finder(house, "none").find(ASKED).reranking == "off"
    assert (rows(house), len(asked)) == ([], 1)
