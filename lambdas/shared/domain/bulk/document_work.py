"""What is still to be asked about one document, and what has been answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.record_result import RecordResult
from lambdas.shared.domain.bulk.spending import Spent, spent_from
from lambdas.shared.domain.summary import Summary


class DocumentWork(NamedTuple):
    """One document of a part. `open` are the record ids that lie in the part, in the part's order.

    A document that fits into the model's window has one record. A long one has a record for each section (level 0);
    when all are answered, the requests that merge them are level 1, and so on until one answer is left, which is the
    summary. `answers` are this level's: texts of usable answers by record id. `spent` counts everything paid so far.
    `sections` counts level 0, `skipped` are sentences about what of the document was not read, `language` is the
    document's.
    """

    document_id: str
    bucket: str
    key: str
    content_hash: str
    open: tuple[str, ...]
    level: int = 0
    answers: Mapping[str, str] = {}
    spent: Spent = Spent()
    code: str | None = None
    sections: int = 1
    skipped: tuple[str, ...] = ()
    language: str | None = None

    @property
    def summary_text(self) -> str | None:
        """The document's summary; None while anything is to be asked."""
        return next(iter(self.answers.values())) if not self.open and len(self.answers) == 1 else None

    @property
    def wants_merging(self) -> bool:
        """Whether all sections are answered and the next level can be asked."""
        return not self.open and len(self.answers) > 1

    def settled(self, results: Mapping[str, RecordResult]) -> DocumentWork:
        """The work that is left: usable answers are kept, everything else stays open."""
        answers, still_open, spent, code = dict(self.answers), [], self.spent, self.code
        for record_id in self.open:
            result = results[record_id]
            spent = spent.plus(result.spent)
            if result.error is None:
                answers[record_id] = result.text
            else:
                still_open.append(record_id)
                code = result.error
        return self._replace(open=tuple(still_open), answers=answers, spent=spent, code=code)

    def record_id(self, index: int) -> str:
        """A record of the level above this one; the same grammar as for a dropped document."""
        return f"{self.document_id}_{self.level + 1}_{index:05}"

    def next_level(self, record_ids: tuple[str, ...]) -> DocumentWork:
        """The merging of this level's answers, whose requests carry them."""
        return self._replace(open=record_ids, level=self.level + 1, answers={})

    @property
    def texts(self) -> tuple[str, ...]:
        """The answers in the order of their sections, whatever the rounds in which they came: record ids sort."""
        return tuple(self.answers[record_id] for record_id in sorted(self.answers))

    def paid(self, more: Spent) -> DocumentWork:
        """The same after `more` was spent on it."""
        return self._replace(spent=self.spent.plus(more))

    def succeeded(self, result_key: str, summary: Summary | None = None) -> Outcome:
        """The outcome of a document whose summary is stored."""
        return Outcome(
            self.document_id, self.key, "succeeded", result_key=result_key, spent=self.spent, summary=summary
        )

    def failed(self, code: str) -> Outcome:
        """The outcome of a document that is given up."""
        return Outcome(self.document_id, self.key, "failed", code=code, spent=self.spent)

    def as_row(self) -> dict[str, Any]:
        """A line of a part's items file; money is a decimal text."""
        return {**self._asdict(), "spent": self.spent.as_json()}


def work_from(row: Mapping[str, Any]) -> DocumentWork:
    """The inverse of `DocumentWork.as_row`."""
    tuples = {name: tuple(row[name]) for name in ("open", "skipped")}
    return DocumentWork(**{**row, **tuples, "spent": spent_from(row["spent"])})
