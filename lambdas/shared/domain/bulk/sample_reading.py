"""The port to the documents of a sample, and in which order they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import NamedTuple, Protocol

from lambdas.shared.domain.bulk.archive_profile import Stratum
from lambdas.shared.domain.bulk.listing import Entry
from lambdas.shared.domain.bulk.token_estimate import Measured

# Where no document of a kind could be read: bytes of text for a token, which is few.
_ASSUMED_BYTES_PER_TOKEN = 3


class SampleDocuments(Protocol):
    """The source's documents, read before anything is spent."""

    def content(self, entry: Entry) -> bytes:
        """Raises ObjectMissingError for one that is gone, InvalidInputError where reading is not allowed or the bucket
        is in another Region."""
        ...


class ReadingLimits(NamedTuple):
    """How much of a sample is read at most; each kind has one document read whatever its size."""

    documents: int = 240
    bytes: int = 200_000_000


class Chosen(NamedTuple):
    """A document of a kind's sample."""

    kind: str
    entry: Entry


class MeasuredSample(NamedTuple):
    """`unreadable` of the `read` documents hold no text, `summarized` have their summary; of the kinds in `assumed`
    none could be read."""

    measured: tuple[Measured, ...]
    read: int
    unreadable: int
    summarized: int
    assumed: tuple[str, ...]


def reading_order(strata: Iterable[Stratum], limits: ReadingLimits) -> Iterator[Chosen]:
    """One of each kind, then the next of each, until a limit is reached."""
    size = 0
    rounds = zip_longest(*([Chosen(stratum.kind, entry) for entry in stratum.sample] for stratum in strata))
    chosen = (each for round_ in rounds for each in round_ if each is not None)
    seen: set[str] = set()
    for count, each in enumerate(chosen):
        size += each.entry.size or 0
        if each.kind in seen and (count >= limits.documents or size > limits.bytes):
            return
        seen.add(each.kind)
        yield each


def assumed(stratum: Stratum) -> Measured:
    """Stands for a kind of which nothing could be read."""
    size = max(1, stratum.bytes // max(1, stratum.documents))
    return Measured(stratum.kind, size, size // _ASSUMED_BYTES_PER_TOKEN, size)
