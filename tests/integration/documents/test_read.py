"""GET /documents and GET /documents/{id} with API Gateway's events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from lambdas.documents import read_handler
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from tests.contract.test_document_store import make_documents_table
from tests.fakes.documents import COMPLETION, RESULT, STEP, SUMMARY, dropped, received, run_for
from tests.integration.documents.conftest import Send

RUN = run_for(dropped("inbox/acme/한국어 보고서.txt"))


@pytest.fixture(autouse=True)
def store(account: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDbDocumentStore]:
    monkeypatch.setenv("DOCUMENTS_TABLE", "documents")
    monkeypatch.setenv("RESULTS_BUCKET", "quarry-results")
    make_documents_table(boto3.client("dynamodb"), "documents")
    store = DynamoDbDocumentStore(aws_clients.dynamodb(), table="documents")
    store.register(received(RUN))
    store.claim(RUN, STEP)
    store.complete(RUN, COMPLETION, result=RESULT, steps=())
    yield store
    read_handler.settings.cache_clear()
    read_handler.build_service.cache_clear()


@pytest.fixture
def get(send: Send) -> Send:
    def sent(resource: str, **more: Any) -> tuple[int, Any]:
        return send(read_handler.handler, f"GET {resource}", **more)

    return sent


def test_a_document_has_its_wire_shape(get: Send) -> None:
    status, body = get("/documents/{id}", document_id=RUN.document_id)
    assert status == 200
    assert body["document_id"] == RUN.document_id and body["key"] == "inbox/acme/한국어 보고서.txt"
    assert body["state"] == "SUMMARIZED" and body["summary"] == SUMMARY.as_json()
    assert body["cost_usd"] == 0.000123 and body["error"] is None
    assert [step["name"] for step in body["steps"]] == ["claim"]
    assert body["result"] == {"bucket": "quarry-results", "key": "a.summary.json", "markdown_key": "a.summary.md"}


@pytest.mark.parametrize(("document_id", "tenant"), [("doc_nothing", "acme"), (RUN.document_id, "globex")])
def test_what_is_missing_and_what_is_somebody_elses_look_the_same(get: Send, document_id: str, tenant: str) -> None:
    status, body = get("/documents/{id}", document_id=document_id, tenant=tenant)
    assert (status, body["code"]) == (404, "not_found")


def test_the_list_is_paged(get: Send, store: DynamoDbDocumentStore) -> None:
    store.register(received(run_for(dropped("inbox/acme/newer.txt")), minutes=1))
    status, first = get("/documents", limit="1")
    assert (status, [item["key"] for item in first["items"]]) == (200, ["inbox/acme/newer.txt"])
    _, second = get("/documents", limit="1", cursor=first["next_cursor"])
    assert [item["title"] for item in second["items"]] == [SUMMARY.title]
    assert second["next_cursor"] is None


def test_the_list_is_filtered_by_state(get: Send) -> None:
    assert len(get("/documents", state="SUMMARIZED")[1]["items"]) == 1
    assert get("/documents", state="FAILED")[1] == {"items": [], "next_cursor": None}
    assert len(get("/documents", prefix="한국어", since="2026-11-21", until="2026-11-22")[1]["items"]) == 1
    assert get("/documents", prefix="보고서")[1]["items"] == []
    assert get("/documents", until="2026-11-21")[1]["items"] == []
    assert get("/documents", tenant="globex")[1]["items"] == []


@pytest.mark.parametrize("query", [{"state": "DONE"}, {"limit": "many"}, {"cursor": "x"}, {"since": "now"}])
def test_a_wrong_parameter_is_a_400_that_names_it(get: Send, query: dict[str, str]) -> None:
    status, body = get("/documents", **query)
    assert (status, body["code"]) == (400, "invalid_request")
    assert body["errors"][0]["pointer"] == f"/{next(iter(query))}"


def test_a_key_without_the_scope_is_refused(get: Send) -> None:
    status, body = get("/documents", scopes="chat")
    assert (status, body["code"]) == (403, "missing_scope")
