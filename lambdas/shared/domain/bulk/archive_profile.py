"""What is known of an archive without reading it: how many documents of which kind and size, and a fair sample."""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lambdas.shared.domain.bulk.listing import Entry

# Kinds that have a relation of their own between bytes and text; all others are one kind.
_KINDS = frozenset({"pdf", "txt", "md", "docx", "pptx", "xlsx", "html", "htm", "csv", "eml"})
OTHER = "other"
SAMPLE_PER_KIND = 240


class SizeBucket(NamedTuple):
    """Documents of about one size: within a quarter of an octave."""

    documents: int
    bytes: int


class Stratum(NamedTuple):
    """The documents of one kind. `sample` is drawn by a hash of the key: the same whenever it is drawn."""

    kind: str
    documents: int
    bytes: int
    buckets: tuple[SizeBucket, ...]
    sample: tuple[Entry, ...]


class _Tally:
    """Counts of one kind; `chosen` is a heap of the entries with the smallest hashes, the largest of them first."""

    __slots__ = ("buckets", "chosen", "limit")

    def __init__(self) -> None:
        self.buckets: dict[int, list[int]] = {}
        self.chosen: list[tuple[int, str, Entry]] = []
        self.limit = 1 << 32


class ArchiveProfile:
    """Adds up entries one by one and keeps none but the sample."""

    def __init__(self, *, sample_per_kind: int = SAMPLE_PER_KIND) -> None:
        self._most = sample_per_kind
        self._kinds: dict[str, _Tally] = {}

    def add_all(self, entries: Iterable[Entry]) -> ArchiveProfile:
        """Count entries; about a microsecond each."""
        kinds, crc32 = self._kinds, zlib.crc32
        for entry in entries:
            _, key, size = entry
            kind = kind_of(key)
            tally = kinds.get(kind)
            if tally is None:
                tally = kinds[kind] = _Tally()
            bytes_ = size or 0
            octave = bytes_.bit_length()
            # the three leading bits: 4 buckets an octave
            index = (octave << 2) | ((bytes_ << 2 >> (octave - 1)) & 3 if octave else 0)
            bucket = tally.buckets.get(index)
            if bucket is None:
                tally.buckets[index] = [1, bytes_]
            else:
                bucket[0] += 1
                bucket[1] += bytes_
            rank = crc32(key.encode())
            if rank < tally.limit:
                self._choose(tally, rank, entry)
        return self

    def strata(self) -> tuple[Stratum, ...]:
        """By kind, the same for the same archive."""
        return tuple(_stratum(kind, tally) for kind, tally in sorted(self._kinds.items()))

    def _choose(self, tally: _Tally, rank: int, entry: Entry) -> None:
        heapq.heappush(tally.chosen, (-rank, entry.key, entry))
        if len(tally.chosen) > self._most:
            heapq.heappop(tally.chosen)
            tally.limit = -tally.chosen[0][0]


def kind_of(key: str) -> str:
    """The ending, where it is one that we know."""
    ending = key.rpartition(".")[2]
    if ending in _KINDS:
        return ending
    ending = ending.lower()
    return ending if ending in _KINDS else OTHER


def _stratum(kind: str, tally: _Tally) -> Stratum:
    buckets: Mapping[int, list[int]] = tally.buckets
    return Stratum(
        kind=kind,
        documents=sum(count for count, _ in buckets.values()),
        bytes=sum(size for _, size in buckets.values()),
        buckets=tuple(SizeBucket(*buckets[index]) for index in sorted(buckets)),
        sample=tuple(entry for _, _, entry in sorted(tally.chosen, key=lambda chosen: (-chosen[0], chosen[1]))),
    )
