"""What a tenant sees of its documents, and how it looks on the wire."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from lambdas.documents.schema import document_list, document_view
from lambdas.shared.domain.document import Document, DocumentState, Step
from lambdas.shared.domain.errors import InvalidInputError, NotFoundError
from lambdas.shared.domain.failure import Failure
from lambdas.shared.services.read_documents import ReadDocuments
from tests.fakes.documents import (
    COMPLETION,
    NOON,
    RESULT,
    STEP,
    SUMMARY,
    InMemoryDocumentStore,
    dropped,
    received,
    run_for,
)


def document(number: int, *, tenant: str = "acme") -> Document:
    return received(run_for(dropped(f"inbox/{tenant}/{number}.txt"), tenant=tenant), minutes=number)


@pytest.fixture
def store() -> InMemoryDocumentStore:
    return InMemoryDocumentStore()


@pytest.fixture
def documents(store: InMemoryDocumentStore) -> ReadDocuments:
    return ReadDocuments(store)


def test_documents_are_paged_newest_first(documents: ReadDocuments, store: InMemoryDocumentStore) -> None:
    for number in range(5):
        store.register(document(number))
    first = documents.page("acme", {"limit": "3"})
    second = documents.page("acme", {"limit": "3", "cursor": first.next_cursor or ""})
    assert [found.key for found in (*first.documents, *second.documents)] == [
        f"inbox/acme/{number}.txt" for number in (4, 3, 2, 1, 0)
    ]
    assert second.next_cursor is None


def test_documents_are_chosen_by_state(documents: ReadDocuments, store: InMemoryDocumentStore) -> None:
    store.register(document(1))
    store.register(document(2))
    store.claim(run_for(dropped("inbox/acme/2.txt")), STEP)
    page = documents.page("acme", {"state": "RUNNING"})
    assert [found.key for found in page.documents] == ["inbox/acme/2.txt"]


def test_documents_are_chosen_by_the_beginning_of_their_name(
    documents: ReadDocuments, store: InMemoryDocumentStore
) -> None:
    """Below the tenant's own folder: a prefix leads nowhere else."""
    for key in ("inbox/acme/2026/a.txt", "inbox/acme/2025/b.txt", "inbox/2026/stray.txt"):
        store.register(received(run_for(dropped(key))))
    page = documents.page("acme", {"prefix": "2026/"})
    assert [found.key for found in page.documents] == ["inbox/acme/2026/a.txt"]
    assert len(documents.page("acme", {"prefix": ""}).documents) == 3
    assert not documents.page("acme", {"prefix": "../2026/"}).documents


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-11-21T12:02:00Z", "2026-11-21T12:04:00Z", (3, 2)),
        ("2026-11-21T14:02:00+02:00", "2026-11-21T14:04:00.000+02:00", (3, 2)),
        ("2026-11-21", "2026-11-22", (4, 3, 2, 1, 0)),
        ("2026-11-22", "2026-11-23", ()),
    ],
)
def test_documents_are_chosen_by_the_time_they_were_received(
    documents: ReadDocuments, store: InMemoryDocumentStore, since: str, until: str, expected: tuple[int, ...]
) -> None:
    for number in range(5):
        store.register(document(number))
    page = documents.page("acme", {"since": since, "until": until})
    assert [found.key for found in page.documents] == [f"inbox/acme/{number}.txt" for number in expected]


def test_another_tenants_documents_do_not_exist(documents: ReadDocuments, store: InMemoryDocumentStore) -> None:
    theirs = store.register(document(1, tenant="globex"))
    with pytest.raises(NotFoundError):
        documents.one("acme", theirs.document_id)
    assert not documents.page("acme", {}).documents
    assert documents.one("globex", theirs.document_id) == theirs


@pytest.mark.parametrize("document_id", ["", "doc_", "doc_" + "0" * 3000, "../x", "doc_00000000000000000000000G"])
def test_an_id_of_no_possible_form_does_not_reach_the_store(document_id: str) -> None:
    with pytest.raises(NotFoundError):
        ReadDocuments(documents=None).one("acme", document_id)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"state": "running"}, "/state"),
        ({"limit": "0"}, "/limit"),
        ({"limit": "101"}, "/limit"),
        ({"limit": "1e2"}, "/limit"),
        ({"limit": "-5"}, "/limit"),
        ({"limit": ""}, "/limit"),
        ({"limit": "٣"}, "/limit"),
        ({"cursor": "nonsense"}, "/cursor"),
        ({"cursor": ""}, "/cursor"),
        ({"prefix": "x" * 1025}, "/prefix"),
        ({"prefix": "\ud800"}, "/prefix"),
        ({"since": "yesterday"}, "/since"),
        ({"since": "2026-11-21T08:30:00"}, "/since"),
        ({"since": "2026-11-21T08:30:00 02:00"}, "/since"),
        ({"since": "2026-13-01"}, "/since"),
        ({"since": "2026-11-21T08:30:00.0002Z", "until": "2026-11-21T08:30:00.0005Z"}, "/since"),
        ({"since": "0001-01-01T00:00+14:00"}, "/since"),
        ({"until": ""}, "/until"),
        ({"since": "2026-11-21", "until": "2026-11-21T00:00:00Z"}, "/until"),
    ],
)
def test_a_wrong_parameter_is_named(documents: ReadDocuments, parameters: dict[str, str], pointer: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        documents.page("acme", parameters)
    assert [error.pointer for error in raised.value.errors] == [pointer]


def test_a_summarized_document_on_the_wire() -> None:
    done = replace(
        document(1),
        state=DocumentState.SUMMARIZED,
        steps=(Step("claim", NOON, NOON),),
        completion=COMPLETION,
        result=RESULT,
        cost_usd=Decimal("0.000123"),
    )
    wire = msgspec.to_builtins(document_view(done, "results"), builtin_types=(Decimal,))
    assert wire == {
        "document_id": done.document_id,
        "key": "inbox/acme/1.txt",
        "state": "SUMMARIZED",
        "summary": SUMMARY.as_json(),
        "error": None,
        "steps": [{"name": "claim", "started_at": "2026-11-21T12:00:00.000Z", "ended_at": "2026-11-21T12:00:00.000Z"}],
        "cost_usd": Decimal("0.000123"),
        "size": 10,
        "received_at": "2026-11-21T12:01:00.000Z",
        "attempt": 1,
        "model": "test.model-v1:0",
        "prompt_version": COMPLETION.prompt_version,
        "sections": 1,
        "usage": {"calls": 1, "input_tokens": 0, "output_tokens": 0},
        "skipped": [],
        "document_language": "de",
        "reused": False,
        "result": {"bucket": "results", "key": "a.summary.json", "markdown_key": "a.summary.md"},
    }


def test_a_failed_document_on_the_wire() -> None:
    failed = replace(document(1), state=DocumentState.FAILED, failure=Failure("no_text", "It needs OCR."))
    wire = msgspec.to_builtins(document_view(failed, "results"))
    assert (wire["state"], wire["summary"], wire["cost_usd"]) == ("FAILED", None, None)
    assert wire["error"] == {"code": "no_text", "detail": "It needs OCR."}


def test_a_list_on_the_wire(store: InMemoryDocumentStore, documents: ReadDocuments) -> None:
    store.register(document(1))
    wire = msgspec.to_builtins(document_list(documents.page("acme", {})))
    assert wire["next_cursor"] is None
    (item,) = wire["items"]
    assert (item["key"], item["state"], item["title"]) == ("inbox/acme/1.txt", "RECEIVED", None)
