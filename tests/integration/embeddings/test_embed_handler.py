"""POST /embeddings, /similarity and /search with API Gateway's events, on moto."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.embeddings import embed_handler
from lambdas.shared.domain import errors
from tests.fakes.api_gateway import BUFFERED, STREAMING, Answer, proxy_event, read_answer
from tests.fakes.embeddings import ScriptedTextEmbedder, word_vector

Script = Callable[..., ScriptedTextEmbedder]
TOOK = {"model": "acme.embed-v1:0", "dimensions": 8, "usage": {"input_tokens": 4}, "cost_usd": 0.000004}


def post(body: Any, resource: str = "/embeddings", *, context: Any = STREAMING, **event: Any) -> Answer:
    made = proxy_event("POST", resource, body, **{"scopes": "embeddings", **event})
    return read_answer(embed_handler.handler(made, context))


def pointers(answer: Answer) -> list[str]:
    return [each["pointer"] for each in answer.json()["errors"]]


class TestEmbeddings:
    def test_a_list_gets_its_vectors_in_order(self, embedding: Script) -> None:
        embedding()
        answer = post({"input": ["a dog", "two cats"]})
        body = answer.json()
        assert answer.status == 200
        assert body.pop("embeddings") == [pytest.approx(word_vector(text, 8)) for text in ("a dog", "two cats")]
        assert body == TOOK

    def test_a_text_gets_one(self, embedding: Script) -> None:
        embedder = embedding()
        answer = post({"input": "a dog", "dimensions": 4, "input_type": "query"}).json()
        assert (answer["dimensions"], len(answer["embeddings"]), len(answer["embeddings"][0])) == (4, 1, 4)
        assert embedder.requests[0].input_type == "query"

    def test_base64_is_little_endian_float32(self, embedding: Script) -> None:
        embedding()
        (text,) = post({"input": "a dog", "encoding_format": "base64"}).json()["embeddings"]
        assert struct.unpack("<8f", base64.b64decode(text)) == pytest.approx(word_vector("a dog", 8))

    def test_one_ledger_event_for_all_texts(self, embedding: Script, dynamodb: Any) -> None:
        embedding()
        post({"input": ["a dog", "two cats"]})
        (event,) = dynamodb.scan(TableName="ledger")["Items"]
        assert (event["operation"]["S"], event["reference"]["S"]) == ("embeddings.embed", "2 texts")
        assert event["outcome"]["S"] == "completed"

    def test_an_answer_of_many_megabytes_is_streamed_in_pieces(self, embedding: Script) -> None:
        embedding()
        event = proxy_event(
            "POST",
            "/embeddings",
            {"input": [str(number) for number in range(600)], "model": "acme.wide-v1:0", "encoding_format": "base64"},
            scopes="embeddings",
        )
        pieces = list(embed_handler.handler(event, STREAMING))
        whole = b"".join(pieces).partition(b"\0" * 8)[2]
        assert len(whole) > 6 * 1024 * 1024
        assert max(map(len, pieces)) < 1_100_000
        assert len(json.loads(whole)["embeddings"]) == 600

    def test_without_streaming_the_same_is_refused_before_it_costs_anything(self, embedding: Script) -> None:
        embedder = embedding()
        body = {"input": [str(number) for number in range(600)], "model": "acme.wide-v1:0"}
        answer = post(body, context=BUFFERED)
        assert (answer.status, answer.json()["code"]) == (413, "too_large")
        assert post({**body, "input": body["input"][:100]}, context=BUFFERED).status == 200
        assert len(embedder.requests) == 1

    def test_a_key_is_paid_for_once(self, embedding: Script) -> None:
        embedder = embedding()
        key = {"idempotency-key": "order-1"}
        first, again = (post({"input": "a dog"}, headers=key) for _ in range(2))
        assert first.body == again.body
        assert again.headers["idempotency-replayed"] == "true"
        assert len(embedder.requests) == 1


class TestSimilarity:
    @pytest.mark.parametrize(
        ("metric", "scores"), [("cosine", [1, 0.5, 0]), ("dot", [1, 0.5, 0]), ("euclidean", [0, 1, 2**0.5])]
    )
    def test_one_to_many(self, embedding: Script, metric: str, scores: list[float]) -> None:
        vectors = {"a": [1.0] + [0.0] * 7, "b": [0.5, 0.75**0.5] + [0.0] * 6, "c": [0.0, 0.0, 1.0] + [0.0] * 5}
        embedding(vectors=vectors)
        answer = post({"source": "a", "targets": ["a", "b", "c"], "metric": metric}, "/embeddings/similarity").json()
        assert answer["metric"] == metric
        assert answer["scores"] == pytest.approx(scores, abs=1e-6)

    def test_pairs(self, embedding: Script) -> None:
        embedding()
        answer = post({"pairs": [["a dog", "a dog"], ["a dog", "xyz"]]}, "/embeddings/similarity").json()
        assert answer["scores"][0] == pytest.approx(1)
        assert answer["scores"][1] < 0.9
        assert answer["usage"] == {"input_tokens": 3}


class TestSearch:
    def test_the_nearest_come_first_with_their_texts(self, embedding: Script) -> None:
        embedder = embedding()
        documents = ["interest rates rose", "a dog runs", "dog"]
        answer = post({"query": "dog", "documents": documents, "top_k": 2}, "/embeddings/search").json()
        assert [(each["index"], each["text"]) for each in answer["results"]] == [(2, "dog"), (1, "a dog runs")]
        assert answer["results"][0]["score"] == pytest.approx(1)
        assert [request.input_type for request in embedder.requests] == ["document", "query"]
        assert answer["usage"] == {"input_tokens": 8}

    def test_more_than_there_are_is_all(self, embedding: Script) -> None:
        embedding()
        answer = post({"query": "dog", "documents": ["a", "b"], "top_k": 50}, "/embeddings/search").json()
        assert len(answer["results"]) == 2


SIMILARITY, SEARCH = "/embeddings/similarity", "/embeddings/search"


class TestBadInput:
    @pytest.mark.parametrize(
        ("resource", "body", "status", "pointer", "says"),
        [
            ("/embeddings", {"input": []}, 400, "/input", "length >= 1"),
            ("/embeddings", {"input": ""}, 400, "/input", "length >= 1"),
            ("/embeddings", {"input": " \n"}, 400, "/input", "must not be blank"),
            ("/embeddings", {"input": ["a", "\t"]}, 400, "/input/1", "must not be blank"),
            ("/embeddings", {"input": ["a"] * 3_000}, 400, "/input", "length <= 2048"),
            ("/embeddings", {"input": ["a", 5]}, 400, "/input/1", "expected `str`, got `int`"),
            ("/embeddings", {"input": ["a", None]}, 400, "/input/1", "got `null`"),
            ("/embeddings", {"input": [["a"]]}, 400, "/input/0", "got `array`"),
            ("/embeddings", {"input": 5}, 400, "/input", "got `int`"),
            ("/embeddings", '{"input": [NaN]}', 400, None, "not valid JSON"),
            ("/embeddings", {"input": ["a", "x" * 1_001]}, 413, "/input/1", "at most 1,000 characters"),
            ("/embeddings", {"input": "a", "dimensions": 7}, 400, "/dimensions", "4, 8"),
            ("/embeddings", {"input": "a", "dimensions": 0}, 400, "/dimensions", ">= 1"),
            ("/embeddings", {"input": "a", "model": "gpt"}, 400, "/model", "Aliases: embedding"),
            ("/embeddings", {"input": "a", "encoding_format": "hex"}, 400, "/encoding_format", "float, base64"),
            ("/embeddings", {"input": "a", "input_type": "x"}, 400, "/input_type", "query, document"),
            (SIMILARITY, {"source": "a", "targets": ["b"], "metric": "manhattan"}, 400, "/metric", "dot, euclidean"),
            (SIMILARITY, {"source": "a"}, 400, "", "source and targets, or pairs alone"),
            (SIMILARITY, {"source": "a", "targets": ["b"], "pairs": [["a", "b"]]}, 400, "", "pairs alone"),
            (SIMILARITY, {"source": "a", "targets": ["b", " "]}, 400, "/targets/1", "blank"),
            (SIMILARITY, {"source": " ", "targets": ["b"]}, 400, "/source", "blank"),
            (SIMILARITY, {"pairs": [["a", "b"], ["c", " "]]}, 400, "/pairs/1/1", "blank"),
            (SIMILARITY, {"pairs": [["a"]]}, 400, "/pairs/0", "length 2"),
            (SEARCH, {"query": "a", "documents": []}, 400, "/documents", "length >= 1"),
            (SEARCH, {"query": " ", "documents": ["a"]}, 400, "/query", "blank"),
            (SEARCH, {"query": "a", "documents": ["b", "x" * 2_000]}, 413, "/documents/1", "at most 1,000"),
            (SEARCH, {"query": "a", "documents": ["b"], "top_k": 0}, 400, "/top_k", ">= 1"),
        ],
    )  # fmt: skip
    def test_it_is_named_with_the_remedy_and_costs_nothing(
        self, embedding: Script, dynamodb: Any, resource: str, body: Any, status: int, pointer: str | None, says: str
    ) -> None:
        embedder = embedding()
        answer = post(body, resource)
        assert answer.status == status
        assert says in answer.json()["detail"]
        assert pointer is None or pointers(answer) == [pointer]
        assert embedder.requests == []
        assert dynamodb.scan(TableName="ledger")["Items"] == []

    def test_the_provider_names_a_long_text_too(self, embedding: Script) -> None:
        embedding(longest=2)
        answer = post({"input": ["a", "b", "one two three"]})
        assert (answer.status, answer.json()["code"], pointers(answer)) == (413, "text_too_long", ["/input/2"])

    def test_every_blank_text_is_named(self, embedding: Script) -> None:
        embedding()
        assert pointers(post({"input": ["a", " ", "b", "\n"]})) == ["/input/1", "/input/3"]

    def test_a_key_needs_the_scope(self, embedding: Script) -> None:
        embedding()
        assert post({"input": "a"}, scopes="chat documents").status == 403


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.ModelThrottledError("later"), 429, "model_throttled"),
        (errors.ModelUnavailableError("later"), 503, "model_unavailable"),
        (errors.ModelNotEnabledError("subscribe"), 503, "model_not_enabled"),
        (errors.ModelError("a vector that holds more than finite numbers"), 502, "model_error"),
        (RuntimeError("a defect"), 500, "internal_error"),
    ],
)
def test_what_goes_wrong_has_its_status(embedding: Script, error: Exception, status: int, code: str) -> None:
    embedding(error)
    answer = post({"input": "a dog"})
    assert (answer.status, answer.json()["code"]) == (status, code)
