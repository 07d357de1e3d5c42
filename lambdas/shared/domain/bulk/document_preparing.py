"""The port to what makes requests of a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from lambdas.shared.domain.bulk.document_work import DocumentWork
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.outcome import Outcome
from lambdas.shared.domain.bulk.part import ModelInput
from lambdas.shared.domain.bulk.run import BulkRun


class PreparedDocument(NamedTuple):
    """A document's work, and a Converse body for each of its open records, in their order."""

    work: DocumentWork
    requests: Sequence[ModelInput]


class DocumentPreparer(Protocol):
    """Reads documents and writes their requests."""

    def prepare(self, run: BulkRun, entry: Entry) -> PreparedDocument | Outcome:
        """An outcome where there is nothing to ask: `skipped` for a document that has a summary of the same content,
        prompt version and model, `failed` for one that cannot be read."""
        ...
