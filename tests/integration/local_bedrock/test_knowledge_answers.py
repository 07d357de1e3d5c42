"""Retrieve, Rerank and RetrieveAndGenerate with its stream, through boto3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.clock import set_time_scale
from tests.integration.local_bedrock.conftest import Clients
from tests.integration.local_bedrock.guardrails import BLOCKED_INPUT, GUARDRAIL_ID
from tests.integration.local_bedrock.knowledge_house import MODEL, KnowledgeHouse, inline

ANIMALS = {
    "cat": (
        "Cats purr when they are content and sleep for fifteen hours a day.",
        {"legs": 4, "tags": ["pet", "furry"]},
    ),
    "dog": ("Dogs guard the house, fetch sticks and wag their tails.", {"legs": 4, "tags": ["pet"], "wild": False}),
    "owl": ("Owls hunt mice at night and turn their heads nearly all around.", {"legs": 2, "wild": True}),
    "eel": ("Eels swim across the ocean to spawn in the Sargasso Sea.", {"legs": 0, "wild": True}),
}
CHAT_MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
RERANKER = "arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0"


@pytest.fixture(scope="module")
def house(clients: Clients) -> Iterator[KnowledgeHouse]:
    set_time_scale(1000)
    house = KnowledgeHouse(clients, "animals")
    house.ingest(*(inline(name, text, name=name, **metadata) for name, (text, metadata) in ANIMALS.items()))
    yield house
    set_time_scale(1)


def names(results: list[dict[str, Any]]) -> set[str]:
    return {each["location"]["customDocumentLocation"]["id"] for each in results}


def test_the_nearest_passage_comes_first_with_scores_from_0_to_1(house: KnowledgeHouse) -> None:
    results = house.retrieve("Which animal hunts mice at night?")
    assert results[0]["location"]["customDocumentLocation"]["id"] == "owl"
    scores = [each["score"] for each in results]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_results_come_in_pages(house: KnowledgeHouse) -> None:
    search = {"vectorSearchConfiguration": {"numberOfResults": 3}}
    query: dict[str, Any] = {"knowledgeBaseId": house.base, "retrievalQuery": {"text": "animals"}}
    first = house.runtime.retrieve(**query, retrievalConfiguration=search)
    rest = house.runtime.retrieve(**query, retrievalConfiguration=search, nextToken=first["nextToken"])
    assert [len(first["retrievalResults"]), len(rest["retrievalResults"])] == [3, 1]
    assert names(first["retrievalResults"]) | names(rest["retrievalResults"]) == set(ANIMALS)
    assert "nextToken" not in rest


FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({"equals": {"key": "name", "value": "cat"}}, {"cat"}),
    ({"equals": {"key": "tags", "value": "furry"}}, {"cat"}),
    ({"equals": {"key": "wild", "value": True}}, {"owl", "eel"}),
    ({"notEquals": {"key": "wild", "value": True}}, {"cat", "dog"}),  # also where the key is missing
    ({"greaterThan": {"key": "legs", "value": 2}}, {"cat", "dog"}),
    ({"greaterThanOrEquals": {"key": "legs", "value": 2}}, {"cat", "dog", "owl"}),
    ({"lessThan": {"key": "legs", "value": 2}}, {"eel"}),
    ({"lessThanOrEquals": {"key": "legs", "value": 2}}, {"owl", "eel"}),
    ({"in": {"key": "name", "value": ["cat", "eel"]}}, {"cat", "eel"}),
    ({"notIn": {"key": "name", "value": ["cat", "eel"]}}, {"dog", "owl"}),
    ({"listContains": {"key": "tags", "value": "pet"}}, {"cat", "dog"}),
    ({"andAll": [{"equals": {"key": "legs", "value": 4}}, {"equals": {"key": "name", "value": "dog"}}]}, {"dog"}),
    ({"orAll": [{"equals": {"key": "legs", "value": 0}}, {"equals": {"key": "name", "value": "dog"}}]}, {"dog", "eel"}),
]


@pytest.mark.parametrize(("condition", "expected"), FILTERS, ids=lambda each: next(iter(each)) if each else "none")
def test_filters_keep_what_fulfils_them(house: KnowledgeHouse, condition: dict[str, Any], expected: set[str]) -> None:
    assert names(house.retrieve("animals", filter=condition)) == expected


LEAF = {"equals": {"key": "legs", "value": 4}}


@pytest.mark.parametrize(
    ("configuration", "told"),
    [
        ({"filter": {"startsWith": {"key": "name", "value": "c"}}}, "startsWith filter is not supported"),
        ({"filter": {"stringContains": {"key": "name", "value": "c"}}}, "stringContains filter is not supported"),
        ({"filter": {"in": {"key": "name", "value": "cat"}}}, "must be a list"),
        ({"filter": {"greaterThan": {"key": "name", "value": "cat"}}}, "must be a number"),
        ({"filter": {"equals": {"key": "name", "value": ["cat"]}}}, "string, a number or a boolean"),
        ({"filter": {"andAll": [LEAF] * 6}}, "2 to 5 filters"),
        ({"filter": {"andAll": [LEAF, {"orAll": [LEAF, {"andAll": [LEAF, LEAF]}]}]}}, "nested one level deep"),
        ({"overrideSearchType": "HYBRID"}, "HYBRID"),
    ],
)
def test_searches_that_s3_vectors_cannot_do_are_refused(
    house: KnowledgeHouse, configuration: dict[str, Any], told: str
) -> None:
    with pytest.raises(ClientError, match=told) as caught:
        house.retrieve("animals", **configuration)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_opensearch_serverless_knows_the_heads_of_texts(clients: Clients, house: KnowledgeHouse) -> None:
    storage = {
        "type": "OPENSEARCH_SERVERLESS",
        "opensearchServerlessConfiguration": {
            "collectionArn": "arn:aws:aoss:us-east-1:123456789012:collection/abcdefghij0123456789",
            "vectorIndexName": "index",
            "fieldMapping": {"vectorField": "v", "textField": "t", "metadataField": "m"},
        },
    }
    other = KnowledgeHouse(clients, "opensearch", storage=storage, chunking=None)
    other.ingest(inline("ibis", "The ibis wades.", name="ibis"), inline("iguana", "It basks.", name="iguana"))
    found = other.retrieve(
        "animals", filter={"startsWith": {"key": "name", "value": "ib"}}, overrideSearchType="HYBRID"
    )
    assert names(found) == {"ibis"}


def test_a_guardrail_blocks_questions(house: KnowledgeHouse) -> None:
    guard = {"guardrailId": GUARDRAIL_ID, "guardrailVersion": "1"}
    query: dict[str, Any] = {"knowledgeBaseId": house.base, "guardrailConfiguration": guard}
    blocked = house.runtime.retrieve(**query, retrievalQuery={"text": "What is the zanzibar project?"})
    assert (blocked["guardrailAction"], blocked["retrievalResults"]) == ("INTERVENED", [])
    passed = house.runtime.retrieve(**query, retrievalQuery={"text": "How long do cats sleep?"})
    assert passed["guardrailAction"] == "NONE"
    asked = question(house, "The zanzibar project?", generationConfiguration={"guardrailConfiguration": guard})
    answer = house.runtime.retrieve_and_generate(**asked)
    assert (answer["guardrailAction"], answer["output"]["text"]) == ("INTERVENED", BLOCKED_INPUT)


def rerank(house: KnowledgeHouse, query: str, texts: list[str], **more: Any) -> Any:
    configuration = {"modelConfiguration": {"modelArn": more.pop("model", RERANKER)}, **more}
    return house.runtime.rerank(
        queries=[{"type": "TEXT", "textQuery": {"text": query}}],
        sources=[
            {"type": "INLINE", "inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": text}}}
            for text in texts
        ],
        rerankingConfiguration={
            "type": "BEDROCK_RERANKING_MODEL",
            "bedrockRerankingConfiguration": configuration,
        },
    )["results"]


def test_rerank_puts_the_most_relevant_text_first(house: KnowledgeHouse) -> None:
    texts = [text for text, _ in ANIMALS.values()]
    results = rerank(house, "Which animals spawn in the Sargasso Sea?", texts, numberOfResults=2)
    assert results[0]["index"] == 3
    assert len(results) == 2
    assert results[0]["relevanceScore"] >= results[1]["relevanceScore"]
    with pytest.raises(ClientError, match="does not support reranking"):
        rerank(house, "q", texts, model=MODEL)
    with pytest.raises(ClientError, match="must not be greater"):
        rerank(house, "q", texts, numberOfResults=5)


def test_retrieve_reranks_what_it_found(house: KnowledgeHouse) -> None:
    configuration = {
        "type": "BEDROCK_RERANKING_MODEL",
        "bedrockRerankingConfiguration": {
            "modelConfiguration": {"modelArn": RERANKER},
            "numberOfRerankedResults": 1,
        },
    }
    (best,) = house.retrieve("Who wags tails?", numberOfResults=4, rerankingConfiguration=configuration)
    assert names([best]) == {"dog"}


def question(house: KnowledgeHouse, text: str, **more: Any) -> dict[str, Any]:
    own = {"knowledgeBaseId": house.base, "modelArn": CHAT_MODEL, **more}
    return {
        "input": {"text": text},
        "retrieveAndGenerateConfiguration": {"type": "KNOWLEDGE_BASE", "knowledgeBaseConfiguration": own},
    }


def check_citations(answer: str, citations: list[dict[str, Any]]) -> set[str]:
    cited = set()
    for citation in citations:
        part = citation["generatedResponsePart"]["textResponsePart"]
        assert part["text"] == answer[part["span"]["start"] : part["span"]["end"] + 1]
        cited |= names(citation["retrievedReferences"])
    return cited


def test_an_answer_has_citations_whose_spans_are_its_text(house: KnowledgeHouse) -> None:
    answer = house.runtime.retrieve_and_generate(**question(house, "How long do cats sleep?"))
    assert "fifteen hours" in answer["output"]["text"]
    assert "cat" in check_citations(answer["output"]["text"], answer["citations"])
    again = house.runtime.retrieve_and_generate(
        **question(house, "Where do eels spawn?"), sessionId=answer["sessionId"]
    )
    assert again["sessionId"] == answer["sessionId"]
    assert "Sargasso" in again["output"]["text"]


def test_the_stream_tells_the_same(house: KnowledgeHouse) -> None:
    answer = house.runtime.retrieve_and_generate_stream(**question(house, "How long do cats sleep?"))
    events = list(answer["stream"])
    text = "".join(event["output"]["text"] for event in events if "output" in event)
    assert len([event for event in events if "output" in event]) > 1
    assert "fifteen hours" in text
    assert "cat" in check_citations(text, [event["citation"]["citation"] for event in events if "citation" in event])
    assert answer["sessionId"]


def test_nothing_found_is_said_without_a_model(house: KnowledgeHouse) -> None:
    nothing = {"vectorSearchConfiguration": {"filter": {"equals": {"key": "name", "value": "yeti"}}}}
    asked = question(house, "What does a yeti eat?", retrievalConfiguration=nothing)
    answer = house.runtime.retrieve_and_generate(**asked)
    assert answer["output"]["text"].startswith("Sorry, I am unable to assist")
    assert [each["retrievedReferences"] for each in answer["citations"]] == [[]]


def test_questions_over_1000_characters_and_strange_sessions_are_refused(house: KnowledgeHouse) -> None:
    with pytest.raises(ClientError, match="less than or equal to 1000"):
        house.runtime.retrieve_and_generate(**question(house, "x" * 1001))
    with pytest.raises(ClientError, match="is not valid"):
        house.runtime.retrieve_and_generate(**question(house, "cats"), sessionId="somebody-elses")
    with pytest.raises(house.runtime.exceptions.ResourceNotFoundException):
        house.runtime.retrieve(knowledgeBaseId="ABCDEFGHIJ", retrievalQuery={"text": "x"})
