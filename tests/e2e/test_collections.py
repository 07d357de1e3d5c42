"""Collections over HTTP: made, filled, searched, narrowed, listed, emptied; and what is refused."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.api import Answer, call
from tests.e2e.conftest import RunningStack

PHYSICS = {
    "newton": "Isaac Newton explained the motion of planets by universal gravitation.",
    "curie": "Marie Curie discovered radium and polonium in pitchblende.",
    "maxwell": "James Clerk Maxwell unified electricity and magnetism in four equations.",
    "planck": "Max Planck found that energy comes in quanta.",
    "galilei": "Galileo Galilei saw the moons of Jupiter through his telescope.",
}


@dataclass(frozen=True)
class Shop:
    stack: RunningStack
    name: str

    def call(self, method: str, path: str = "", body: object = None, **headers: str) -> Answer:
        full = f"/collections/{self.name}{path}"
        return call(self.stack.api_url, method, full, body, key=self.stack.key, headers=headers)

    def search(self, **body: Any) -> Any:
        answer = self.call("POST", "/search", body)
        assert answer.status == 200, answer.text
        return answer.json


@pytest.fixture(scope="module")
def physics(stack: RunningStack) -> Iterator[Shop]:
    """Five texts in the deployment's own model."""
    shop = Shop(stack, f"physics-{secrets.token_hex(4)}")
    made = shop.call("PUT", body={})
    assert (made.status, made.json["model"], made.json["dimensions"]) == (201, "amazon.titan-embed-text-v2:0", 1024)
    items = [
        {"id": id, "text": text, "metadata": {"length": len(text), "kind": "physics"}} for id, text in PHYSICS.items()
    ]
    stored = shop.call("PUT", "/items", {"items": items})
    assert stored.status == 200, stored.text
    assert (stored.json["stored"], stored.json["model"]) == (5, "amazon.titan-embed-text-v2:0")
    assert stored.json["usage"]["input_tokens"] > 0 and stored.json["cost_usd"] > 0
    yield shop
    assert shop.call("DELETE").status == 204
    assert shop.call("GET").status == 404


@pytest.fixture(scope="module")
def points(stack: RunningStack) -> Iterator[Shop]:
    """Vectors of one's own, in a plane."""
    shop = Shop(stack, f"points-{secrets.token_hex(4)}")
    body = {"metric": "euclidean", "dimensions": 2, "model": "none"}
    assert shop.call("PUT", body=body).status == 201
    assert shop.call("PUT", body=body).status == 200
    items = [{"id": f"p{n}", "vector": [n, 0], "metadata": {"n": n, "even": n % 2 == 0}} for n in range(5)]
    stored = shop.call("PUT", "/items", {"items": items}).json
    assert (stored["stored"], stored["model"], stored["cost_usd"]) == (5, None, 0)
    yield shop
    assert shop.call("DELETE").status == 204


def test_a_name_finds_its_discovery(physics: Shop) -> None:
    found = physics.search(text="Isaac Newton", top_k=2)
    best, second = found["results"]
    assert best["id"] == "newton" and best["text"] == PHYSICS["newton"]
    assert 1 >= best["score"] > second["score"] >= 0
    assert best["score"] == pytest.approx(1 - best["distance"])
    assert (found["metric"], found["model"]) == ("cosine", "amazon.titan-embed-text-v2:0")


def test_an_idempotency_key_pays_once(physics: Shop) -> None:
    key = {"idempotency-key": f"search-{secrets.token_hex(6)}"}
    first, again = (physics.call("POST", "/search", {"text": "radium", "top_k": 1}, **key) for _ in range(2))
    assert first.json == again.json and first.json["results"][0]["id"] == "curie"
    assert "idempotency-replayed" not in first.headers and again.headers["idempotency-replayed"] == "true"


def test_metadata_narrows_what_is_searched(points: Shop) -> None:
    def found(**where: Any) -> list[str]:
        return [each["id"] for each in points.search(vector=[4, 0], filter=where)["results"]]

    assert found(even=True) == ["p4", "p2", "p0"]
    assert found(n={"$gte": 1, "$lt": 3}) == ["p2", "p1"]
    assert found(**{"$or": [{"n": 0}, {"n": {"$in": [3, 9]}}]}) == ["p3", "p0"]
    assert found(n={"$ne": 4}, even={"$exists": True}) == ["p3", "p2", "p1", "p0"]
    assert found(nothing="here") == found(nothing={"$ne": "here"}) == []
    scores = [(each["distance"], each["score"]) for each in points.search(vector=[4, 0], top_k=2)["results"]]
    assert scores == [(0, 1), (1, 0.5)]


def test_items_are_listed_in_pages_replaced_and_removed(points: Shop) -> None:
    first = points.call("GET", "/items?limit=3").json
    rest = points.call("GET", f"/items?limit=3&cursor={first['next_cursor']}").json
    assert sorted(each["id"] for each in (*first["items"], *rest["items"])) == [f"p{n}" for n in range(5)]
    assert rest["next_cursor"] is None
    extra = {"id": "extra", "vector": [9, 9], "text": "a note beside a vector"}
    points.call("PUT", "/items", {"items": [extra]})
    points.call("PUT", "/items", {"items": [{**extra, "vector": [8, 8]}]})
    (found,) = points.search(vector=[8, 8], top_k=1)["results"]
    assert (found["id"], found["distance"], found["text"]) == ("extra", 0, extra["text"])
    assert points.call("DELETE", "/items", {"ids": ["extra", "never-there"]}).status == 204
    assert points.search(vector=[8, 8], top_k=1)["results"][0]["id"] == "p4"


def test_they_are_listed_and_described(stack: RunningStack, physics: Shop, points: Shop) -> None:
    names, cursor = [], ""
    while cursor is not None:
        page = call(stack.api_url, "GET", f"/collections?limit=1{cursor}", key=stack.key).json
        names += [each["name"] for each in page["items"]]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert {physics.name, points.name} <= set(names) and names == sorted(names)
    described = points.call("GET").json
    assert (described["metric"], described["dimensions"], described["model"]) == ("euclidean", 2, "none")
    assert described["state"] == "ready"


def test_a_collection_that_is_made_again_is_empty(stack: RunningStack) -> None:
    shop = Shop(stack, f"again-{secrets.token_hex(4)}")
    for dimensions in (2, 3):
        assert shop.call("PUT", body={"dimensions": dimensions, "model": "none"}).status == 201
        assert shop.call("GET", "/items").json["items"] == []
        shop.call("PUT", "/items", {"items": [{"id": "a", "vector": [1] * dimensions}]})
        assert shop.call("DELETE").status == 204


REFUSALS: list[tuple[str, str, object, int, str]] = [
    ("POST", "/search", {"vector": [1, 2, 3]}, 400, "/vector"),
    ("POST", "/search", {"vector": [1e39, 0]}, 400, "/vector"),
    ("POST", "/search", {"text": "words"}, 400, "/text"),
    ("POST", "/search", {"vector": [1, 0], "top_k": 101}, 400, "/top_k"),
    ("POST", "/search", {"vector": [1, 0], "filter": {"n": {"$near": 1}}}, 400, "/filter/n/$near"),
    ("POST", "/search", {"vector": [1, 0], "filter": {"$or": [{"tenant": "x"}]}}, 400, "/filter/$or/0/tenant"),
    ("POST", "/search", {"vector": [1, 0], "filter": {"quarry_text": "x"}}, 400, "/filter/quarry_text"),
    ("POST", "/search", {"vector": [1, 0], "filter": {}}, 400, "/filter"),
    ("POST", "/search", {"vector": [1, 0], "text": "both"}, 400, ""),
    ("POST", "/search", {}, 400, ""),
    ("POST", "/search", b'{"vector": [NaN, 1]}', 400, ""),
    ("PUT", "/items", {"items": []}, 400, "/items"),
    ("PUT", "/items", {"items": [{"id": "a", "vector": [1, 0]}] * 501}, 400, "/items"),
    ("PUT", "/items", {"items": [{"id": "a", "vector": [1, 0]}, {"id": "a", "vector": [1, 0]}]}, 400, "/items/1/id"),
    ("PUT", "/items", {"items": [{"id": "a", "vector": [1, "0"]}]}, 400, "/items/0/vector/1"),
    ("PUT", "/items", {"items": [{"id": "a"}]}, 400, "/items/0"),
    ("PUT", "/items", {"items": [{"id": "a", "text": "words"}]}, 400, "/items/0/text"),
    ("PUT", "/items", {"items": [{"id": "a\n", "vector": [1, 0]}]}, 400, "/items/0/id"),
    ("PUT", "/items", {"items": [{"id": "a", "vector": [1, 0], "metadata": {"x": {}}}]}, 400, "/items/0/metadata/x"),
    ("DELETE", "/items", {"ids": []}, 400, "/ids"),
    ("GET", "/items?cursor=nonsense", None, 400, "/cursor"),
    ("GET", "/items?limit=0", None, 400, "/limit"),
    ("PUT", "", {"metric": "dot"}, 400, "/metric"),
    ("PUT", "", {"dimensions": 7}, 400, "/dimensions"),
    ("PUT", "", {"model": "none"}, 400, "/dimensions"),
    ("PUT", "", {"model": "acme.unheard-of"}, 400, ""),
    ("PUT", "", {"metric": "cosine", "dimensions": 2, "model": "none"}, 409, ""),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "pointer"), REFUSALS)
def test_what_cannot_be_is_said_with_its_place(
    points: Shop, method: str, path: str, body: object, status: int, pointer: str
) -> None:
    answer = points.call(method, path, body)
    assert answer.status == status, answer.text
    assert [each["pointer"] for each in answer.json.get("errors", [])] == ([pointer] if pointer else [])


def test_what_is_not_there_is_not_found_and_a_bad_name_is_a_bad_request(stack: RunningStack) -> None:
    vector = {"vector": [1.0]}
    for name, status in (("nothing-here", 404), ("Not-A-Name", 400), ("a" * 64, 400)):
        shop = Shop(stack, name)
        answers = [
            shop.call("GET"),
            shop.call("DELETE"),
            shop.call("GET", "/items"),
            shop.call("PUT", "/items", {"items": [{"id": "a", **vector}]}),
            shop.call("DELETE", "/items", {"ids": ["a"]}),
            shop.call("POST", "/search", vector),
        ]
        assert [answer.status for answer in answers] == [status] * 6


def test_the_nearest_examples_say_what_a_text_is(stack: RunningStack) -> None:
    shop = Shop(stack, f"classes-{secrets.token_hex(4)}")
    assert shop.call("PUT", body={}).status == 201
    examples = {
        "magician": ["The wizard cast a fireball at the troll.", "She whispered a spell and the door opened."],
        "warrior": ["The knight swung his sword at the shield.", "He marched into battle in heavy armour."],
    }
    items = [
        {"id": f"{label}-{n}", "text": text, "metadata": {"label": label}}
        for label, texts in examples.items()
        for n, text in enumerate(texts)
    ]
    assert shop.call("PUT", "/items", {"items": items}).status == 200
    body = {"text": "The sorcerer cast a spell of light.", "top_k": 2}
    answer = shop.call("POST", "/classify", body).json
    assert answer["results"][0]["label"] == "magician" and answer["voters"] == 2
    assert sum(each["score"] for each in answer["results"]) == pytest.approx(1)
    assert shop.call("POST", "/classify", {**body, "label": "quarry_text"}).status == 400
    assert shop.call("DELETE").status == 204
