"""Asks a part's documents on demand until each has its outcome: what no job can take, and what jobs did not answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lambdas.shared.domain.bulk.answered_requests import answered_usage
from lambdas.shared.domain.bulk.document_steps import RecordAsker
from lambdas.shared.domain.bulk.layout import RunLayout
from lambdas.shared.domain.bulk.more_room import CUT, with_more_room
from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.part import ModelInput
from lambdas.shared.domain.bulk.record_result import Check, RecordResult
from lambdas.shared.domain.bulk.run import BulkRun
from lambdas.shared.domain.bulk.run_decisions import Step, next_step
from lambdas.shared.domain.bulk.run_files import RunFiles
from lambdas.shared.domain.bulk.run_stores import BulkRunStore
from lambdas.shared.domain.bulk.shard_stores import ShardStore
from lambdas.shared.domain.bulk.spending import Spent, spent_from
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.errors import (
    BlockedByGuardrailError,
    InvalidAnswerError,
    ModelError,
    ModelThrottledError,
    ModelUnavailableError,
)
from lambdas.shared.services.bulk.round_plans import RoundPlans
from lambdas.shared.services.bulk.settle_documents import Asked, SettleDocuments, documents_of
from lambdas.shared.services.bulk.step_books import StepBooks

# A bad answer is asked once more; after that the document has failed.
MOST_ANSWERS = 2
_NO_TOKENS = TokenUsage(0, 0)


class SweepPart:
    """Each answer is stored when it is there, so a step that is cut short pays for none of them again.

    `time_is_up` says that the function should leave the rest to the next step.
    """

    def __init__(
        self,
        *,
        runs: BulkRunStore,
        shards: ShardStore,
        files: RunFiles,
        asker: RecordAsker,
        settle: SettleDocuments,
        check: Check,
        new_id: Callable[[], str],
        time_is_up: Callable[[], bool],
    ) -> None:
        self._runs = runs
        self._shards = shards
        self._files = files
        self._asker = asker
        self._settle = settle
        self._check = check
        self._new_id = new_id
        self._time_is_up = time_is_up

    def step(self, run_id: str, index: int) -> bool:
        """Go on with part `index` of the plan's rest; answers whether it is done (or the run is to be stopped).

        Raises ModelThrottledError and ModelUnavailableError: come again later, for hours if need be.
        """
        run = self._runs.get(run_id)
        if next_step(run) is not Step.SWEEP:
            return True
        layout = RunLayout(run_id)
        commit_key = layout.sweep_commit(run.round, index)
        if self._files.read(commit_key) is not None:
            return True
        commit = self._sweep(run, layout, index)
        if commit is None:
            return False
        self._files.create(commit_key, commit)
        return True

    def _sweep(self, run: BulkRun, layout: RunLayout, index: int) -> dict[str, Any] | None:
        plan = RoundPlans(self._files, self._shards, run).plan(run.round)
        if plan is None:
            raise ValueError(f"{run.run_id} has no plan {run.round}")
        outcome_key = layout.outcome_file(f"sweep{run.round:03d}p{index:06d}", self._new_id())
        books = StepBooks()
        with self._files.open(outcome_key) as outcomes:
            for asked in documents_of(self._files, plan.rest[index]):
                outcome = self._finish(run, asked, books)
                if outcome is None:
                    return None
                books.add_spent(outcome.spent, before=asked.work.spent)
                books.account.add(outcome)
                outcomes.write(outcome.as_row())
        return {**books.as_json(), "outcomes": outcome_key}

    def _finish(self, run: BulkRun, asked: Asked, books: StepBooks) -> Outcome | None:
        """The document's outcome, through all its levels; None when the time is up."""
        while True:
            results = {}
            for row in asked.rows:
                if self._time_is_up():
                    return None
                results[row["recordId"]] = self._answer(run, row["recordId"], row["modelInput"])
            books.add_usage(answered_usage(asked.rows, results))
            settled = self._settle.settle(run, asked, results)
            if isinstance(settled, Outcome):
                return settled
            flaw = next((result.error for result in results.values() if result.error is not None), None)
            if flaw is not None:
                return settled.work.failed(flaw)
            asked = Asked(settled.work, settled.rows)

    def _answer(self, run: BulkRun, record_id: str, model_input: ModelInput) -> RecordResult:
        key = RunLayout(run.run_id).swept_answer(record_id)
        stored = self._files.read(key)
        if stored is None:
            self._files.create(key, self._ask(run, record_id, model_input))
            stored = self._files.read(key)
            assert stored is not None, "a commit does not go away"  # noqa: S101
        return RecordResult(stored["text"], stored["error"], spent_from(stored), TokenUsage(*stored["usage"]))

    def _ask(self, run: BulkRun, record_id: str, model_input: ModelInput) -> dict[str, Any]:
        spent, error = Spent(), ""
        for _ in range(MOST_ANSWERS):
            try:
                answer = self._asker.ask(run, record_id, model_input, call_id=self._new_id())
                spent = spent.plus(answer.spent)
                self._check(answer.text, answer.stop_reason)
                return _stored(answer.text, None, spent, answer.usage)
            except (ModelThrottledError, ModelUnavailableError):
                raise
            except InvalidAnswerError as flaw:
                error = flaw.code
                model_input = with_more_room(model_input) if error == CUT else model_input
            except BlockedByGuardrailError as refusal:
                return _stored("", refusal.code, spent.plus(Spent(refusal.cost_usd, refusal.guardrail_usd)))
            except ModelError as refusal:
                return _stored("", refusal.code, spent)
        return _stored("", error, spent)


def _stored(text: str, error: str | None, spent: Spent, usage: TokenUsage = _NO_TOKENS) -> dict[str, Any]:
    tokens = [usage.input_tokens, usage.output_tokens]
    return {"text": text, "error": error, **spent.as_json(), "usage": tokens}
