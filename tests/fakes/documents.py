"""Fakes of the document records, the client directory and the announcements, and documents to fill them with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from lambdas.shared.domain.announcement import SummaryFailed, SummaryReady
from lambdas.shared.domain.document import (
    UNDER_WAY,
    Completion,
    Document,
    DocumentState,
    Step,
    StoredResult,
    ends,
    may_enter,
    replaces,
    state_after,
)
from lambdas.shared.domain.document_store import DocumentFilter, DocumentPage
from lambdas.shared.domain.dropped_object import DeletedObject, DroppedObject
from lambdas.shared.domain.errors import FieldError, InvalidInputError, SupersededError
from lambdas.shared.domain.execution import SummaryRun, run_of
from lambdas.shared.domain.failure import Failure
from lambdas.shared.domain.reusable_summaries import ReuseKey
from lambdas.shared.domain.summary import Summary

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class InMemoryDocumentStore:
    """Keeps records in a dictionary. `before` is called with the name of each operation before it happens, so that a
    test can crash there or let a newer version in."""

    def __init__(self, before: Callable[[str], None] = lambda operation: None) -> None:
        self._documents: dict[tuple[str, str], Document] = {}
        self._reusable: dict[tuple[str, ReuseKey], Summary] = {}
        self.before = before

    def register(self, document: Document) -> Document:
        self.before("register")
        key = (document.tenant, document.document_id)
        if replaces(document, self._documents.get(key)):
            self._documents[key] = document
        return self._documents[key]

    def mark_deleted(self, tenant: str, deletion: DeletedObject) -> Document | None:
        self.before("mark_deleted")
        document = self._documents.get((tenant, deletion.version.document_id))
        if document is not None and ends(deletion, document):
            document = replace(document, state=DocumentState.DELETED, execution=deletion.execution)
            if not deletion.permanent:
                document = replace(document, sequencer=deletion.version.sequencer)
            self._put(document)
        return document

    def start_again(self, run: SummaryRun, *, after: str) -> Document | None:
        self.before("start_again")
        document = self._documents.get((run.tenant, run.document_id))
        if document is None or document.execution != after or document.state is not DocumentState.FAILED:
            return document
        again = replace(document, state=DocumentState.RECEIVED, execution=run.execution, attempt=run.attempt)
        self._put(replace(again, steps=(), failure=None, cost_usd=None))
        return self._documents[run.tenant, run.document_id]

    def in_state(self, state: DocumentState, tenant: str | None, *, since: datetime | None) -> Iterator[Document]:
        """The fake of `DocumentsByState` too: the records are the same."""
        for document in list(self._documents.values()):
            recent = since is None or document.received_at >= since
            if document.state is state and tenant in (None, document.tenant) and recent:
                yield document

    def claim(self, run: SummaryRun, step: Step) -> None:
        self.before("claim")
        document = self._entering(run, DocumentState.RUNNING)
        self._put(_with_steps(document, (step,)))

    def record_step(self, run: SummaryRun, step: Step) -> None:
        self.before("record_step")
        document = self._documents.get((run.tenant, run.document_id))
        if document is None or document.execution != run.execution or document.state not in UNDER_WAY:
            raise SupersededError(run.document_id)
        self._put(_with_steps(document, (step,)))

    def complete(
        self, run: SummaryRun, completion: Completion, *, result: StoredResult, steps: tuple[Step, ...]
    ) -> None:
        self.before("complete")
        document = self._entering(run, DocumentState.SUMMARIZED)
        document = replace(document, completion=completion, result=result, cost_usd=completion.cost_usd)
        self._put(_with_steps(document, steps))

    def fail(self, run: SummaryRun, failure: Failure, *, cost_usd: Decimal | None) -> None:
        self.before("fail")
        document = self._entering(run, state_after(failure))
        self._put(replace(document, failure=failure, cost_usd=cost_usd))

    def get(self, tenant: str, document_id: str) -> Document | None:
        self.before("get")
        return self._documents.get((tenant, document_id))

    def page(self, tenant: str, wanted: DocumentFilter, *, limit: int, cursor: str | None) -> DocumentPage:
        documents = [document for (owner, _), document in self._documents.items() if owner == tenant]
        documents.sort(key=lambda document: (document.received_at, document.document_id), reverse=True)
        chosen = [document for document in documents if _is_wanted(document, wanted)]
        start = _position(chosen, cursor)
        rest = chosen[start + limit :]
        return DocumentPage(tuple(chosen[start : start + limit]), str(start + limit) if rest else None)

    def find_reusable(self, tenant: str, reuse: ReuseKey) -> Summary | None:
        return self._reusable.get((tenant, reuse))

    def keep_reusable(self, tenant: str, reuse: ReuseKey, summary: Summary) -> None:
        self.before("keep_reusable")
        self._reusable[tenant, reuse] = summary

    def _entering(self, run: SummaryRun, state: DocumentState) -> Document:
        document = self._documents.get((run.tenant, run.document_id))
        if document is None or not may_enter(state, document, run.execution):
            raise SupersededError(run.document_id)
        return replace(document, state=state)

    def _put(self, document: Document) -> None:
        self._documents[document.tenant, document.document_id] = document


class InMemoryTenants:
    """The part of the client directory that the inbox needs."""

    def __init__(self, *tenants: str) -> None:
        self._tenants = set(tenants)

    def tenant_exists(self, tenant: str) -> bool:
        return tenant in self._tenants


class InMemoryAnnouncer:
    """Keeps what was published; `before` may raise."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.published: list[SummaryReady | SummaryFailed] = []
        self.before = before

    def publish(self, announcement: SummaryReady | SummaryFailed) -> None:
        self.before()
        self.published.append(announcement)


def dropped(
    key: str = "inbox/acme/report.txt", *, version: str = "v1", sequencer: str = "01", size: int = 10
) -> DroppedObject:
    return DroppedObject(bucket="documents", key=key, version_id=version, sequencer=sequencer, size=size)


def deleted(
    key: str = "inbox/acme/report.txt", *, version: str = "m1", sequencer: str = "02", permanent: bool = False
) -> DeletedObject:
    """By default a delete marker after `dropped()`."""
    return DeletedObject(dropped(key, version=version, sequencer=sequencer, size=0), permanent=permanent)


def run_for(source: DroppedObject | None = None, *, tenant: str = "acme") -> SummaryRun:
    return run_of(source or dropped(), tenant=tenant)


def received(run: SummaryRun | None = None, *, minutes: int = 0) -> Document:
    """The record of a run as the starter writes it."""
    run = run or run_for()
    return Document(
        tenant=run.tenant,
        document_id=run.document_id,
        bucket=run.bucket,
        key=run.key,
        version_id=run.version_id,
        sequencer=run.sequencer,
        size=run.size,
        execution=run.execution,
        attempt=run.attempt,
        received_at=NOON + timedelta(minutes=minutes),
    )


SUMMARY = Summary(
    title="A quiet year",
    summary="Nothing happened. It was noted.",
    key_points=("Nothing happened.",),
    topics=("quiet",),
    language="en",
)
COMPLETION = Completion(
    summary=SUMMARY,
    model="test.model-v1:0",
    prompt_version="summarize_document.v1",
    content_hash="ab" * 32,
    cost_usd=Decimal("0.000123"),
    reused=False,
    document_language="de",
)
RESULT = StoredResult(key="a.summary.json", version_id="r1", markdown_key="a.summary.md", markdown_version_id="r2")
REUSE = ReuseKey(content_hash="ab" * 32, prompt_version="summarize_document.v1", model="test.model-v1:0")
STEP = Step("claim", NOON, NOON + timedelta(milliseconds=5))


def _with_steps(document: Document, steps: tuple[Step, ...]) -> Document:
    by_name = {step.name: step for step in (*document.steps, *steps)}
    return replace(document, steps=tuple(sorted(by_name.values(), key=lambda step: (step.started_at, step.ended_at))))


def _is_wanted(document: Document, wanted: DocumentFilter) -> bool:
    return (
        wanted.state in (None, document.state)
        and (wanted.since is None or wanted.since <= document.received_at)
        and (wanted.until is None or document.received_at < wanted.until)
        and document.key.startswith(wanted.key_prefix or "")
    )


def _position(documents: list[Document], cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdigit() or int(cursor) > len(documents):
        raise InvalidInputError("A query parameter is wrong.", errors=(FieldError("/cursor", "a page's next_cursor"),))
    return int(cursor)
