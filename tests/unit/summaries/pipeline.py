"""The steps of the workflow over fakes, carried through as the state machine does it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

from lambdas.shared.adapters.document_text_reader import DocumentTextReader
from lambdas.shared.domain.document import Document
from lambdas.shared.domain.errors import InvalidAnswerError, QuarryError, SupersededError
from lambdas.shared.domain.execution import AnswerReceipt, PreparedRequests, RequestLine, SummaryRun
from lambdas.shared.domain.failure import coded_errors
from lambdas.shared.domain.model_card import ModelCard
from lambdas.shared.domain.summary_options import SummaryOptions
from lambdas.shared.domain.summary_request import SummaryPrompts
from lambdas.shared.services.collect_summary import CollectSummary
from lambdas.shared.services.fail_document import FailDocument
from lambdas.shared.services.infer_request import InferRequest
from lambdas.shared.services.merge_sections import MergeSections
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.model_slots import ModelSlots
from lambdas.shared.services.prepare_document import PrepareDocument
from lambdas.shared.services.request_writing import RequestWriting
from tests.fakes.documents import NOON, SUMMARY, InMemoryAnnouncer, InMemoryDocumentStore, dropped, received, run_for
from tests.fakes.models import InMemoryLedger, Script, ScriptedChatModel, model_card, small_catalog
from tests.fakes.objects import InMemoryObjectStore
from tests.fakes.slots import InMemorySlots
from tests.fakes.summaries import InMemoryTenantOptions, StaticPrompts

T = TypeVar("T")
ANSWER = json.dumps(SUMMARY.as_json())
TEXT = b"A quiet year went by. Nothing happened. It was noted."


class CrashError(Exception):
    """The function died: what Step Functions sees as Lambda.Unknown."""


ASKED_AGAIN = (CrashError, InvalidAnswerError)


class Pipeline:
    """A world with one inbox. `drop` registers a version as the starter does; `carry_through` runs its execution."""

    def __init__(self, *script: Script, card: ModelCard | None = None, section_tokens: int = 60_000) -> None:
        self.store = InMemoryDocumentStore()
        self._prepared: PreparedRequests | None = None
        self.objects = InMemoryObjectStore()
        self.announcer = InMemoryAnnouncer()
        self.ledger = InMemoryLedger()
        self.model = ScriptedChatModel(*(script or (ANSWER,)))
        catalog = small_catalog(card or model_card())
        ticks = count()

        def now() -> datetime:
            return NOON + timedelta(seconds=next(ticks))

        self.slots = InMemorySlots()
        self.tenants = InMemoryTenantOptions()
        writing = RequestWriting(
            documents=self.store,
            objects=self.objects,
            prompts=SummaryPrompts(StaticPrompts(), section_tokens),
            tenants=self.tenants,
            options=SummaryOptions(),
            model=catalog.resolve("fast"),
            bucket="results",
        )
        self.prepare = PrepareDocument(writing, reader=DocumentTextReader(), now=now).prepare
        self.merge = MergeSections(writing, now=now).merge
        models = MeteredModels(models=self.model, catalog=catalog, ledger=self.ledger)
        slots = ModelSlots(self.slots, most=3, seconds=60, now=now)
        self.infer = InferRequest(
            documents=self.store, objects=self.objects, models=models, slots=slots, results_bucket="results", now=now
        ).infer
        self.collect = CollectSummary(
            documents=self.store, objects=self.objects, announcer=self.announcer, results_bucket="results", now=now
        ).collect
        self.fail = FailDocument(documents=self.store, announcer=self.announcer).fail

    def drop(
        self, body: bytes = TEXT, key: str = "inbox/acme/report.txt", *, version: str = "v1", sequencer: str = "01"
    ) -> SummaryRun:
        source = dropped(key, version=version, sequencer=sequencer, size=len(body))
        version_id = self.objects.write(source.bucket, key, body, content_type="text/plain", owner="")
        source = dropped(key, version=version_id, sequencer=sequencer, size=len(body))
        run = run_for(source)
        self.store.register(received(run))
        return run

    def until_asked(self, run: SummaryRun) -> tuple[PreparedRequests, AnswerReceipt]:
        prepared = self.prepare(run)
        return prepared, self.infer(run, prepared)

    def carry_through(self, run: SummaryRun) -> str:
        """SUCCEEDED, SUPERSEDED or FAILED; steps that crash are repeated, invalid answers asked for once more."""
        self._prepared = None
        try:
            with coded_errors():
                self._steps(run)
        except SupersededError:
            return "SUPERSEDED"
        except QuarryError as error:
            return self._ended(run, type(error).__name__, str(error))
        return "SUCCEEDED"

    def _steps(self, run: SummaryRun) -> None:
        prepared = self._prepared = repeated(lambda: self.prepare(run))
        while prepared.records > 1:
            for line in self.lines(prepared):
                self._section(run, prepared, line)
            below = prepared
            prepared = self._prepared = repeated(lambda: self.merge(run, below))  # noqa: B023 - called at once
        last = prepared
        receipt = repeated(lambda: self.infer(run, last), again=ASKED_AGAIN, times=3)
        repeated(lambda: self.collect(run, last, receipt))

    def _section(self, run: SummaryRun, prepared: PreparedRequests, line: RequestLine) -> None:
        """A section that fails is left out, as the Map's Catch does it."""
        with suppress(QuarryError):
            repeated(lambda: self.infer(run, prepared, line), again=ASKED_AGAIN, times=3)

    def lines(self, prepared: PreparedRequests) -> list[RequestLine]:
        """What the Map reads."""
        items = self.objects.read("results", prepared.items_key).decode().splitlines()
        return [RequestLine(**json.loads(item)) for item in items]

    def _ended(self, run: SummaryRun, error: str, message: str) -> str:
        cause = json.dumps({"errorMessage": message, "errorType": error})
        asked = self._prepared is not None
        try:
            repeated(lambda: self.fail(run, error=error, cause=cause, model_asked=asked))
        except SupersededError:
            return "SUPERSEDED"
        return "FAILED"

    def document(self, run: SummaryRun) -> Document:
        document = self.store.get(run.tenant, run.document_id)
        assert document is not None
        return document


def repeated(step: Callable[[], T], *, again: tuple[type[Exception], ...] = (CrashError,), times: int = 2) -> T:
    """The retries that the state machine has for the errors in `again`."""
    for _ in range(times - 1):
        with suppress(*again):
            return step()
    return step()
