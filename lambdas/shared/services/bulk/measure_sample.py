"""Reads a sample of an archive and counts its tokens: a bounded number of documents, several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from lambdas.shared.domain.bulk.archive_profile import Stratum
from lambdas.shared.domain.bulk.sample_reading import (
    Chosen,
    MeasuredSample,
    ReadingLimits,
    SampleDocuments,
    assumed,
    reading_order,
)
from lambdas.shared.domain.bulk.token_estimate import Measured
from lambdas.shared.domain.document_text import TextReader
from lambdas.shared.domain.errors import UnreadableDocumentError
from lambdas.shared.domain.object_store import ObjectMissingError
from lambdas.shared.domain.tokens import estimate_tokens

_AT_ONCE = 8


# Of a document's content and its text: whether there is a summary of it already.
IsSummarized = Callable[[bytes, Sequence[str]], bool]


class MeasureSample:
    """Documents are fetched at once and read one after the other: reading a hostile one may take a gigabyte."""

    def __init__(
        self,
        *,
        documents: SampleDocuments,
        reader: TextReader,
        limits: ReadingLimits = ReadingLimits(),  # noqa: B008 - a value
    ) -> None:
        self._documents = documents
        self._reader = reader
        self._limits = limits
        self._reading = Lock()

    def measure(
        self, strata: Sequence[Stratum], *, is_summarized: IsSummarized, time_is_up: Callable[[], bool]
    ) -> MeasuredSample:
        """Raises InvalidInputError where the source's documents may not be read."""

        def one(chosen: Chosen) -> Measured | None:
            return None if time_is_up() else self._measured(chosen, is_summarized)

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = [each for each in pool.map(one, reading_order(strata, self._limits)) if each is not None]
        read = {each.kind for each in found}
        unknown = [stratum for stratum in strata if stratum.kind not in read]
        return MeasuredSample(
            measured=(*found, *map(assumed, unknown)),
            read=len(found),
            unreadable=sum(not (each.tokens or each.summarized) for each in found),
            summarized=sum(each.summarized for each in found),
            assumed=tuple(stratum.kind for stratum in unknown),
        )

    def _measured(self, chosen: Chosen, is_summarized: IsSummarized) -> Measured | None:
        kind, entry = chosen
        size = entry.size or 0
        if not size:
            return Measured(kind, 0, 0, 0)
        try:
            content = self._documents.content(entry)
        except ObjectMissingError:
            return None
        try:
            with self._reading:
                parts = self._reader.read(content, entry.key).parts
        except UnreadableDocumentError:
            return Measured(kind, size, 0, 0)
        if is_summarized(content, parts):
            return Measured(kind, size, 0, 0, summarized=True)
        return Measured(kind, size, sum(map(estimate_tokens, parts)), sum(map(len, parts)))
