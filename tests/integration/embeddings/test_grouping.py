"""POST /embeddings/classify and /embeddings/cluster with API Gateway's events, on moto."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.embeddings import cluster_handler, embed_handler
from tests.fakes.api_gateway import STREAMING, Answer, proxy_event, read_answer
from tests.integration.embeddings.test_embed_handler import Script, pointers

CLASSIFY, CLUSTER = "/embeddings/classify", "/embeddings/cluster"
ANIMALS = [{"label": "dog", "description": "dog puppy barks"}, {"label": "money", "examples": ["interest", "rates"]}]


def post(resource: str, body: Any, **event: Any) -> Answer:
    handler = cluster_handler.handler if resource == CLUSTER else embed_handler.handler
    made = proxy_event("POST", resource, body, **{"scopes": "embeddings", **event})
    return read_answer(handler(made, STREAMING))


class TestClassify:
    def test_a_text_gets_all_classes_best_first(self, embedding: Script) -> None:
        embedder = embedding()
        answer = post(CLASSIFY, {"text": "the puppy barks", "classes": ANIMALS}).json()
        assert [each["label"] for each in answer["results"]] == ["dog", "money"]
        first, second = (each["score"] for each in answer["results"])
        assert answer["margin"] == pytest.approx(first - second)
        assert answer["uncertain"] is False
        assert "items" not in answer
        (request,) = embedder.requests  # one payment for the text and the classes
        assert request.texts == ("the puppy barks", "dog: dog puppy barks", "interest", "rates")
        assert request.input_type == "classification"

    def test_many_texts_get_one_classification_each(self, embedding: Script) -> None:
        embedding()
        body = {"texts": ["rates", "dog"], "classes": ANIMALS}
        answer = post(CLASSIFY, body).json()
        assert [each["results"][0]["label"] for each in answer["items"]] == ["money", "dog"]
        assert "results" not in answer

    def test_a_class_without_description_and_examples_stands_for_its_label(self, embedding: Script) -> None:
        embedding()
        answer = post(CLASSIFY, {"text": "rates", "classes": [{"label": "dog"}, {"label": "rates"}]}).json()
        assert answer["results"][0] == {"label": "rates", "score": pytest.approx(1)}

    def test_examples_weigh_the_same_whatever_their_length(self, embedding: Script) -> None:
        vectors = {"a": [100.0] + [0.0] * 7, "b": [0.0, 1.0] + [0.0] * 6, "c": [0.0, 0.0, 1.0] + [0.0] * 5}
        embedding(vectors={**vectors, "x": vectors["b"]})
        classes = [{"label": "1", "examples": ["a", "b"]}, {"label": "2", "examples": ["c"]}]
        answer = post(CLASSIFY, {"text": "x", "classes": classes}).json()
        assert answer["results"][0] == {"label": "1", "score": pytest.approx(0.5**0.5)}

    @pytest.mark.parametrize(
        ("text", "more", "uncertain"),
        [
            ("between", {}, True),
            ("between", {"min_margin": 0.005}, False),
            ("far", {}, True),
            ("far", {"min_score": 0}, False),
        ],
    )
    def test_what_is_between_classes_or_far_from_all_is_uncertain(
        self, embedding: Script, text: str, more: dict[str, float], uncertain: bool
    ) -> None:
        vectors = {"dog": [1.0, 0.0], "cat": [0.0, 1.0], "between": [0.71, 0.7], "far": [0.09, 0.03]}
        lengths = {each: (1 - x * x - y * y) ** 0.5 if each == "far" else 0.0 for each, (x, y) in vectors.items()}
        embedding(vectors={each: [x, y, lengths[each], *[0.0] * 5] for each, (x, y) in vectors.items()})
        body = {"text": text, "classes": [{"label": "cat"}, {"label": "dog"}], **more}
        answer = post(CLASSIFY, body).json()
        assert answer["results"][0]["label"] == "dog"
        assert answer["uncertain"] is uncertain


class TestCluster:
    TEXTS = ("dog", "dog dog puppy", "rates", "rates rates interest")

    @pytest.mark.parametrize("k", [None, 2])
    def test_labels_clusters_and_points(self, embedding: Script, k: int | None) -> None:
        embedder = embedding()
        body = {"texts": self.TEXTS} if k is None else {"texts": self.TEXTS, "k": k}
        answer = post(CLUSTER, body).json()
        assert (answer["k"], answer["labels"]) == (2, [0, 0, 1, 1])
        assert [each["members"] for each in answer["clusters"]] == [[0, 1], [2, 3]]
        assert [set(each["nearest"]) for each in answer["clusters"]] == [set(self.TEXTS[:2]), set(self.TEXTS[2:])]
        assert [len(point) for point in answer["points"]] == [2] * 4
        assert answer["silhouette"] > 0.5
        assert answer["cost_usd"] > 0
        assert embedder.requests[0].input_type == "clustering"

    def test_a_key_is_paid_for_once(self, embedding: Script) -> None:
        embedder = embedding()
        first, again = (post(CLUSTER, {"texts": self.TEXTS}, headers={"idempotency-key": "c-1"}) for _ in range(2))
        assert first.body == again.body
        assert len(embedder.requests) == 1


CLASSES = [{"label": "a"}, {"label": "b"}]


class TestBadInput:
    @pytest.mark.parametrize(
        ("resource", "body", "status", "pointer", "says"),
        [
            (CLASSIFY, {"text": "a", "classes": CLASSES[:1]}, 400, "/classes", "length >= 2"),
            (CLASSIFY, {"text": "a", "classes": CLASSES * 251}, 400, "/classes", "length <= 500"),
            (CLASSIFY, {"text": "a", "classes": [*CLASSES, CLASSES[0]]}, 400, "/classes/2/label", "class 0 too"),
            (CLASSIFY, {"text": "a", "classes": [*CLASSES, {"label": " "}]}, 400, "/classes/2/label", "blank"),
            (CLASSIFY, {"text": "a", "classes": [*CLASSES, {"label": "c", "description": " "}]}, 400,
             "/classes/2/description", "blank"),
            (CLASSIFY, {"text": "a", "classes": [*CLASSES, {"label": "c", "examples": ["x", ""]}]}, 400,
             "/classes/2/examples/1", "length >= 1"),
            (CLASSIFY, {"text": "a", "classes": [*CLASSES, {"label": "c", "examples": ["x", " "]}]}, 400,
             "/classes/2/examples/1", "blank"),
            (CLASSIFY, {"text": "a", "classes": [*CLASSES, {"label": "c", "examples": ["x", "y" * 1_001]}]}, 413,
             "/classes/2/examples/1", "at most 1,000"),
            (CLASSIFY, {"text": "a", "classes": [*CLASSES, {"label": "c", "examples": ["x"] * 2_047}]}, 400,
             "/classes", "at most 2,048"),
            (CLASSIFY, {"classes": CLASSES}, 400, "", "either text or texts"),
            (CLASSIFY, {"text": "a", "texts": ["b"], "classes": CLASSES}, 400, "", "either text or texts"),
            (CLASSIFY, {"texts": ["a", " "], "classes": CLASSES}, 400, "/texts/1", "blank"),
            (CLASSIFY, {"text": "a", "classes": CLASSES, "min_score": 2}, 400, "/min_score", "<= 1"),
            (CLUSTER, {"texts": ["a"]}, 400, "/texts", "length >= 2"),
            (CLUSTER, {"texts": ["a"] * 3_000}, 400, "/texts", "length <= 2048"),
            (CLUSTER, {"texts": ["a", 5]}, 400, "/texts/1", "got `int`"),
            (CLUSTER, {"texts": ["a", "b", " "]}, 400, "/texts/2", "blank"),
            (CLUSTER, {"texts": ["a", "b", "c"], "k": 4}, 400, "/k", "only 3 different texts"),
            (CLUSTER, {"texts": ["a", "b", "a"], "k": 3}, 400, "/k", "only 2 different texts"),
            (CLUSTER, {"texts": ["a", "b"], "k": 0}, 400, "/k", ">= 1"),
            (CLUSTER, {"texts": ["a", "b" * 1_001]}, 413, "/texts/1", "at most 1,000"),
            (CLUSTER, {"texts": ["a", "b"], "dimensions": 7}, 400, "/dimensions", "4, 8"),
        ],
    )  # fmt: skip
    def test_it_is_named_with_the_remedy_and_costs_nothing(
        self, embedding: Script, resource: str, body: Any, status: int, pointer: str, says: str
    ) -> None:
        embedder = embedding()
        answer = post(resource, body)
        assert answer.status == status
        assert says in answer.json()["detail"]
        assert pointers(answer) == [pointer]
        assert embedder.requests == []
