"""Questions to the documents of a collection over HTTP: cited answers, refusals, dialogue, filters, streams."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from benchmarks.retrieval import pieces
from tests.e2e.api import Answer, call, events, wait_for
from tests.e2e.clients import add_key
from tests.e2e.conftest import ROOT, RunningStack

COST = "How much do the plants and rafts cost?"
NOT_FOUND = "This was not found in the documents."
DOCUMENTS = {"salt": "salt-road-history.txt", "herons": "sources/heron-field-report.txt"}


class Reader:
    """A tenant with a collection of two documents."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack, self.tenant = stack, f"rag-{secrets.token_hex(4)}"
        self.key = add_key(stack, tenant=self.tenant, client="web")
        assert self.call("PUT", "/collections/shelf", {}).status in {200, 201}
        for document, path in DOCUMENTS.items():
            text = (ROOT / "examples" / path).read_text(encoding="utf-8")
            items = [
                {"id": f"{document}-{at}", "text": piece, "metadata": {"document_id": document, "page": at}}
                for at, piece in enumerate(pieces(text), 1)
            ]
            assert self.call("PUT", "/collections/shelf/items", {"items": items}).status == 200

    def call(self, method: str, path: str, body: object, **headers: str) -> Answer:
        return call(self.stack.api_url, method, path, body, key=self.key, headers=headers)

    def ask(self, question: str, path: str = "/rag", **body: Any) -> Answer:
        answer = self.call("POST", path, {"question": question, "collection": "shelf", **body})
        assert answer.status == 200, answer.text
        return answer


@pytest.fixture(scope="module")
def reader(stack: RunningStack) -> Reader:
    return Reader(stack)


def test_an_answer_has_citations_that_can_be_checked(reader: Reader) -> None:
    answer = reader.ask(COST).json
    assert "1,900 euros" in answer["answer"]
    assert (answer["grounded"], answer["refusal"], answer["grounding_check"]) == (True, None, "passed")
    texts = {passage["id"]: passage["text"] for passage in answer["passages"]}
    assert answer["citations"]
    for citation in answer["citations"]:
        assert citation["quote"] in texts[citation["passage_id"]]
        assert answer["answer"][citation["start"] : citation["end"]].strip()
    assert {each["document_id"] for each in answer["citations"]} == {"herons"}
    assert answer["cost_usd"] > 0 and answer["usage"]["input_tokens"] > 0


@pytest.mark.parametrize("question", ["What is the capital of France?", "Who won the football world cup in 1998?"])
def test_what_no_document_says_is_refused(reader: Reader, question: str) -> None:
    answer = reader.ask(question).json
    assert (answer["answer"], answer["grounded"], answer["citations"]) == (NOT_FOUND, False, [])
    assert answer["refusal"] in {"no_passages", "not_in_passages"}


def test_a_dialogue_goes_on_and_is_kept(reader: Reader) -> None:
    first = reader.ask("What was the toll measured in?").json
    conversation = first["conversation_id"]
    second = reader.ask("And how wide was it?", conversation_id=conversation).json
    assert second["query"] == "What was the toll measured in? And how wide was it?"
    kept = reader.call("GET", f"/conversations/{conversation}", None).json["items"]
    assert [each["text"] for each in kept][:2] == ["What was the toll measured in?", first["answer"]]
    assert len(kept) == 4
    assert not any("[1:" in each["text"] for each in kept)


def test_a_filter_narrows_what_is_read(reader: Reader) -> None:
    found = reader.ask("How much does it cost?", "/rag/passages", filter={"document_id": "salt"}, top_k=3).json
    assert {each["document_id"] for each in found["passages"]} <= {"salt"}
    assert len(found["passages"]) <= 3
    assert reader.ask(COST, filter={"document_id": "salt"}).json["grounded"] is False
    assert reader.ask(COST, filter={"absent": 1}).json["refusal"] == "no_passages"


@pytest.mark.parametrize("strict", [False, True])
def test_a_stream_is_the_answer_in_pieces(reader: Reader, strict: bool) -> None:
    text = reader.ask(COST, "/rag/stream", strict=strict).text
    start, *deltas, done = events(text)
    assert (start[0], done[0]) == ("start", "done")
    assert "".join(each[1]["text"] for each in deltas) == done[1]["answer"]
    assert done[1]["grounded"] and start[1]["conversation_id"] == done[1]["conversation_id"]
    assert (len(deltas) == 1) is strict


def test_a_key_pays_once(reader: Reader) -> None:
    key = {"idempotency-key": secrets.token_hex(8)}
    body = {"question": COST, "collection": "shelf"}
    first, again = (reader.call("POST", "/rag/stream", body, **key) for _ in range(2))
    assert again.headers["idempotency-replayed"] == "true"
    assert events(first.text)[-1] == events(again.text)[-1]


@pytest.mark.parametrize("path", ["/rag", "/rag/stream", "/rag/passages"])
@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"collection": "nobody-has-it"}, 404, None),
        ({"collection": "No name"}, 400, "/collection"),
        ({"filter": {"tenant": "rival"}}, 400, "/filter/tenant"),
        ({"filter": {"$or": [{"quarry_x": 1}, {"a": 1}]}}, 400, "/filter/$or/0/quarry_x"),
        ({"filter": {"a": {"$near": 1}}}, 400, "/filter/a/$near"),
        ({"question": "x" * 10_001}, 400, "/question"),
        ({"question": ""}, 400, "/question"),
        ({"question": " \n"}, 400, "/question"),
        ({"top_k": 101}, 400, "/top_k"),
        ({"tenant": "rival"}, 400, "/tenant"),
    ],
)
def test_bad_input_names_the_field(
    reader: Reader, path: str, body: dict[str, Any], status: int, pointer: str | None
) -> None:
    answer = reader.call("POST", path, {"question": COST, "collection": "shelf", **body})
    assert answer.status == status, answer.text
    assert [each["pointer"] for each in answer.json.get("errors", [])] == ([pointer] if pointer else [])


def test_a_question_of_ten_thousand_characters_is_shortened_and_never_cut(reader: Reader) -> None:
    story = "I have thought about the wetland for a long time and about its birds, too. " * 200
    question = story[: 9_999 - len(COST)] + " " + COST
    assert len(question) == 10_000
    answer = reader.ask(question).json
    assert answer["query"].endswith(COST) and len(answer["query"]) <= 1_000
    assert answer["grounded"]


def test_anothers_collection_is_one_that_does_not_exist(reader: Reader) -> None:
    stranger = add_key(reader.stack, tenant=f"{reader.tenant}x", client="web")
    body = {"question": COST, "collection": "shelf"}
    answer = call(reader.stack.api_url, "POST", "/rag/passages", body, key=stranger)
    assert (answer.status, "1,900" in answer.text) == (404, False)


def test_a_file_dropped_into_the_knowledge_folder_is_cited_for_its_tenant_alone(reader: Reader) -> None:
    text = (ROOT / "examples/salt-road-history.txt").read_bytes()
    bucket, key = reader.stack.outputs["DocumentsBucketName"], f"knowledge/{reader.tenant}/salt.txt"
    reader.stack.client("s3").put_object(Bucket=bucket, Key=key, Body=text)
    question = "What did the last mule train carry?"

    def found() -> Any:
        return reader.call("POST", "/rag/passages", {"question": question}).json["passages"]

    wait_for(found, what="the document's passages")
    answer = reader.call("POST", "/rag", {"question": question}).json
    assert "furniture of a schoolteacher" in answer["answer"]
    (document,) = {each["document_id"] for each in answer["citations"]}
    assert document.startswith("doc_")
    stranger = add_key(reader.stack, tenant=f"{reader.tenant}x", client="web")
    asked = call(reader.stack.api_url, "POST", "/rag", {"question": question}, key=stranger).json
    assert (asked["refusal"], asked["passages"]) == ("no_passages", [])
