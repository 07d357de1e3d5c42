"""`PassageRetriever`: the fake, and the adapter of Bedrock Knowledge Bases over a local one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.stub import Stubber

from lambdas.shared.adapters.aws_clients import bedrock_agent_runtime
from lambdas.shared.adapters.bedrock_knowledge_base_retriever import BedrockKnowledgeBaseRetriever
from lambdas.shared.domain.errors import (
    InvalidInputError,
    ModelNotEnabledError,
    ModelRefusedRequestError,
    ModelThrottledError,
    ModelUnavailableError,
    QuarryError,
)
from lambdas.shared.domain.metadata_filter import AllOf, AnyOf, Comparison, MetadataFilter
from lambdas.shared.domain.passage_retriever import Passage, PassageQuery, PassageRetriever
from tests.contract.knowledge_wire import knowledge_base
from tests.fakes.passages import InMemoryPassageRetriever
from tests.integration.local_bedrock.knowledge_house import KnowledgeHouse, inline

DOCUMENTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "apollo": ("acme", "The Apollo missions landed people on the Moon.", {"year": 1969, "kind": "space"}),
    "sputnik": ("acme", "Sputnik was the first satellite in orbit around Earth.", {"year": 1957, "kind": "space"}),
    "titanic": (
        "acme",
        "The Titanic sank on its first voyage.",
        {"year": 1912, "kind": "ships", "tags": ["sea", "ice"]},
    ),
    "secret": ("rival", "The Moon is where the rival plans a landing.", {"year": 2027, "kind": "space"}),
}


@pytest.fixture(scope="module")
def house() -> Iterator[KnowledgeHouse]:
    with knowledge_base("retriever") as house:
        house.ingest(
            *(inline(name, text, tenant=tenant, **metadata) for name, (tenant, text, metadata) in DOCUMENTS.items())
        )
        yield house


def in_memory() -> InMemoryPassageRetriever:
    found: dict[str, list[Passage]] = {}
    for name, (tenant, text, metadata) in DOCUMENTS.items():
        found.setdefault(tenant, []).append(Passage(f"{name}-1", text, name, 0.0, metadata))
    return InMemoryPassageRetriever(found)


@pytest.fixture(params=["fake", "bedrock"])
def retriever(request: pytest.FixtureRequest) -> PassageRetriever:
    if request.param == "fake":
        return in_memory()
    house: KnowledgeHouse = request.getfixturevalue("house")
    return BedrockKnowledgeBaseRetriever(house.runtime, knowledge_base_id=house.base)


def documents(found: list[Passage]) -> set[str]:
    return {passage.document_id for passage in found}


class TestEveryRetriever:
    def test_the_nearest_passage_comes_first(self, retriever: PassageRetriever) -> None:
        best, *_ = retriever.retrieve(PassageQuery("acme", "Who landed people on the Moon?", top_k=3))
        assert (best.document_id, best.text) == ("apollo", DOCUMENTS["apollo"][1])
        assert best.id and 0 < best.score <= 1
        assert best.metadata == {"year": 1969, "kind": "space"}

    def test_a_tenant_finds_its_own_passages_alone(self, retriever: PassageRetriever) -> None:
        assert "secret" not in documents(retriever.retrieve(PassageQuery("acme", "The Moon landing", top_k=100)))
        assert documents(retriever.retrieve(PassageQuery("rival", "The Moon landing", top_k=100))) == {"secret"}
        assert retriever.retrieve(PassageQuery("nobody", "The Moon landing", top_k=100)) == []

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            (Comparison("kind", "$eq", "ships"), {"titanic"}),
            (Comparison("kind", "$ne", "ships"), {"apollo", "sputnik"}),
            (Comparison("year", "$gt", 1957), {"apollo"}),
            (Comparison("year", "$gte", 1957), {"apollo", "sputnik"}),
            (Comparison("year", "$lt", 1957), {"titanic"}),
            (Comparison("year", "$lte", 1957), {"titanic", "sputnik"}),
            (Comparison("year", "$in", (1912, 1969)), {"titanic", "apollo"}),
            (Comparison("year", "$nin", (1912, 1969)), {"sputnik"}),
            (Comparison("tags", "$eq", "ice"), {"titanic"}),
            (AllOf((Comparison("kind", "$eq", "space"), Comparison("year", "$lt", 1960))), {"sputnik"}),
            (AnyOf((Comparison("kind", "$eq", "ships"), Comparison("year", "$gt", 1960))), {"titanic", "apollo"}),
            (AllOf((Comparison("kind", "$eq", "space"),)), {"apollo", "sputnik"}),
            (
                AnyOf((AnyOf((Comparison("year", "$eq", 1912),)), Comparison("year", "$eq", 1957))),
                {"titanic", "sputnik"},
            ),
            (
                AllOf((AllOf((Comparison("year", "$gt", 1900),)), AnyOf((Comparison("year", "$eq", 1957),)))),
                {"sputnik"},
            ),
            (Comparison("tenant", "$eq", "rival"), set()),
            (AnyOf((Comparison("tenant", "$eq", "rival"), Comparison("year", "$eq", 2027))), set()),
        ],
    )
    def test_filters_narrow_and_never_widen(
        self, retriever: PassageRetriever, condition: MetadataFilter, expected: set[str]
    ) -> None:
        query = PassageQuery("acme", "first Moon orbit voyage", top_k=100, filter=condition)
        assert documents(retriever.retrieve(query)) == expected

    def test_no_more_than_top_k(self, retriever: PassageRetriever) -> None:
        assert len(retriever.retrieve(PassageQuery("acme", "the first Moon voyage", top_k=2))) == 2


YEAR = Comparison("year", "$eq", 1)


@pytest.mark.parametrize(
    ("condition", "remedy"),
    [
        (Comparison("year", "$exists", True), "must not use $exists"),
        (AllOf((YEAR,) * 5), "at most 4 conditions by $and"),
        (AnyOf((YEAR,) * 6), "at most 5 conditions by $or"),
        (AnyOf((YEAR, AllOf((YEAR, YEAR)))), "$and outside and its $or inside"),
    ],
)
def test_what_a_knowledge_base_cannot_hold_is_refused_before_it_is_asked(
    house: KnowledgeHouse, condition: MetadataFilter, remedy: str
) -> None:
    retriever = BedrockKnowledgeBaseRetriever(house.runtime, knowledge_base_id=house.base)
    with pytest.raises(InvalidInputError) as caught:
        retriever.retrieve(PassageQuery("acme", "text", top_k=1, filter=condition))
    assert remedy in str(caught.value)
    assert [each.pointer for each in caught.value.errors] == ["/filter"]


def result(tenant: str | None, **metadata: Any) -> dict[str, Any]:
    own = {} if tenant is None else {"tenant": tenant}
    return {
        "content": {"text": "text", "type": "TEXT"},
        "location": {"type": "CUSTOM", "customDocumentLocation": {"id": "doc_1"}},
        "metadata": {"x": 1, **own, **metadata},
        "score": 1.25,
    }


def answering(results: list[Mapping[str, Any]]) -> tuple[BedrockKnowledgeBaseRetriever, list[int]]:
    client, foreign = bedrock_agent_runtime.__wrapped__(attempts=1, read_timeout_seconds=5), []  # type: ignore[var-annotated]
    stub = Stubber(client)
    stub.add_response("retrieve", {"retrievalResults": results})
    stub.activate()
    return BedrockKnowledgeBaseRetriever(client, knowledge_base_id="A" * 10, count_foreign=foreign.append), foreign


def test_results_of_other_tenants_are_dropped_and_counted() -> None:
    retriever, foreign = answering([result("rival"), result("acme"), result(None)])
    found = retriever.retrieve(PassageQuery("acme", "text", top_k=5))
    assert (len(found), foreign) == (1, [2])


def test_page_and_chunk_id_are_told_and_a_missing_id_is_stable() -> None:
    page = {"x-amz-bedrock-kb-document-page-number": 3.0, "x-amz-bedrock-kb-chunk-id": "c1"}
    (named,) = answering([result("acme", **page)])[0].retrieve(PassageQuery("acme", "text", top_k=5))
    assert (named.id, named.page, named.score, named.metadata) == ("c1", 3, 1.0, {"x": 1})
    one, other = (answering([result("acme")])[0].retrieve(PassageQuery("acme", "text", top_k=5))[0] for _ in range(2))
    assert one.id == other.id
    assert one.page is None


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ThrottlingException", 429, ModelThrottledError),
        ("ServiceQuotaExceededException", 400, ModelThrottledError),
        ("ConflictException", 409, ModelUnavailableError),
        ("DependencyFailedException", 424, ModelUnavailableError),
        ("InternalServerException", 500, ModelUnavailableError),
        ("AccessDeniedException", 403, ModelNotEnabledError),
        ("ResourceNotFoundException", 404, ModelNotEnabledError),
        ("ValidationException", 400, ModelRefusedRequestError),
    ],
)
def test_errors_are_those_of_the_domain(code: str, status: int, error: type[QuarryError]) -> None:
    client = bedrock_agent_runtime.__wrapped__(attempts=1, read_timeout_seconds=5)
    stub = Stubber(client)
    stub.add_client_error("retrieve", code, "the question", status)
    stub.activate()
    with pytest.raises(error) as caught:
        BedrockKnowledgeBaseRetriever(client, knowledge_base_id="A" * 10).retrieve(PassageQuery("acme", "q", top_k=1))
    assert "the question" not in str(caught.value)


def test_a_knowledge_base_out_of_reach_is_unavailable() -> None:
    import boto3
    from botocore.config import Config

    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    client = boto3.client("bedrock-agent-runtime", endpoint_url="http://127.0.0.1:9", config=config)
    with pytest.raises(ModelUnavailableError):
        BedrockKnowledgeBaseRetriever(client, knowledge_base_id="A" * 10).retrieve(PassageQuery("acme", "q", top_k=1))
