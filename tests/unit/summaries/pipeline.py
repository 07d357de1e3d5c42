"""The four steps of the workflow over fakes, carried through as the state machine does it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

from lambdas.shared.adapters.document_text_reader import DocumentTextReader
from lambdas.shared.domain.document import Document
from lambdas.shared.domain.errors import InvalidAnswerError, QuarryError, SupersededError
from lambdas.shared.domain.execution import AnswerReceipt, PreparedRequests, SummaryRun
from lambdas.shared.domain.failure import coded_errors
from lambdas.shared.domain.model_card import ModelCard
from lambdas.shared.domain.prompt import Prompt
from lambdas.shared.domain.summary_request import SummaryRequests
from lambdas.shared.services.claim_document import ClaimDocument
from lambdas.shared.services.collect_summary import CollectSummary
from lambdas.shared.services.fail_document import FailDocument
from lambdas.shared.services.infer_request import InferRequest
from lambdas.shared.services.metered_models import MeteredModels
from lambdas.shared.services.prepare_document import PrepareDocument
from tests.fakes.documents import NOON, SUMMARY, InMemoryAnnouncer, InMemoryDocumentStore, dropped, received, run_for
from tests.fakes.models import InMemoryLedger, Script, ScriptedChatModel, model_card, small_catalog
from tests.fakes.objects import InMemoryObjectStore

T = TypeVar("T")
ANSWER = json.dumps(SUMMARY.as_json())
TEXT = b"A quiet year went by. Nothing happened. It was noted."
PROMPT = Prompt("summarize_document.v1", "Summarize.", "<document>{{document}}</document>")


class CrashError(Exception):
    """The function died: what Step Functions sees as Lambda.Unknown."""


class Pipeline:
    """A world with one inbox. `drop` registers a version as the starter does; `carry_through` runs its execution."""

    def __init__(self, *script: Script, card: ModelCard | None = None) -> None:
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

        self.claim = ClaimDocument(documents=self.store, now=now).claim
        self.prepare = PrepareDocument(
            documents=self.store,
            objects=self.objects,
            reader=DocumentTextReader(),
            requests=SummaryRequests(PROMPT),
            model=catalog.resolve("fast"),
            results_bucket="results",
            now=now,
        ).prepare
        models = MeteredModels(models=self.model, catalog=catalog, ledger=self.ledger)
        self.infer = InferRequest(objects=self.objects, models=models, results_bucket="results", now=now).infer
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
        self.claim(run)
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
        repeated(lambda: self.claim(run))
        prepared = self._prepared = repeated(lambda: self.prepare(run))
        receipt = repeated(lambda: self.infer(run, prepared), again=(CrashError, InvalidAnswerError))
        repeated(lambda: self.collect(run, prepared, receipt))

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


def repeated(step: Callable[[], T], *, again: tuple[type[Exception], ...] = (CrashError,)) -> T:
    """One retry, as the state machine has for the errors in `again`."""
    try:
        return step()
    except again:
        return step()
