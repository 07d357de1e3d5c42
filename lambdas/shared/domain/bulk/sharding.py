"""Puts parts together into jobs that keep all quotas, with no job below the minimum."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

from lambdas.shared.domain.bulk.part import Part
from lambdas.shared.domain.bulk.quotas import BatchQuotas
from lambdas.shared.domain.bulk.shard import Cut, Shard


class _Bin:
    """A shard that is being filled."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.records = 0
        self.bytes = 0

    def add(self, part: Part) -> None:
        self.parts.append(part)
        self.records += part.records
        self.bytes += part.bytes

    def remove(self, part: Part) -> None:
        self.parts.remove(part)
        self.records -= part.records
        self.bytes -= part.bytes

    def takes(self, part: Part, quotas: BatchQuotas) -> bool:
        return self.records + part.records <= quotas.records_per_job and self.bytes + part.bytes <= quotas.job_bytes


def cut(parts: Iterable[Part], quotas: BatchQuotas) -> Cut:
    """Every part goes into exactly one shard or into the rest; the same parts are always cut the same way.

    The largest parts are dealt first, each to the shard with the fewest records, so shards differ by at most one part
    wherever bytes do not decide. With parts as `part_limits` makes them and at least the minimum in all, nothing is
    left over as long as a job takes three times the minimum.
    """
    fitting: list[Part] = []
    rest: list[Part] = []
    for part in parts:
        fits = part.records <= quotas.records_per_file and part.bytes <= quotas.file_bytes
        (fitting if fits and _Bin().takes(part, quotas) else rest).append(part)
    fitting.sort(key=lambda part: (-part.records, -part.bytes, part.key))
    bins = _deal(fitting, quotas)
    _fill_up(bins, quotas)
    enough = [each for each in bins if each.records >= quotas.minimum_records]
    for part in sorted(part for each in bins if each.records < quotas.minimum_records for part in each.parts):
        roomy = next((each for each in enough if each.takes(part, quotas)), None)
        (rest.append if roomy is None else roomy.add)(part)
    shards = tuple(Shard(_files(sorted(each.parts), quotas)) for each in enough)
    return Cut(shards, tuple(sorted(rest)))


def _deal(parts: Sequence[Part], quotas: BatchQuotas) -> list[_Bin]:
    """As few shards as hold all parts, evenly filled."""
    if not parts:
        return []
    records = sum(part.records for part in parts)
    size = sum(part.bytes for part in parts)
    count = max(1, -(-records // quotas.records_per_job), -(-size // quotas.job_bytes))
    while True:
        bins = _dealt(parts, quotas, count)
        if bins is not None:
            return bins
        count += max(1, count // 16)


def _dealt(parts: Sequence[Part], quotas: BatchQuotas, count: int) -> list[_Bin] | None:
    bins = [_Bin() for _ in range(count)]
    heap = [(0, index) for index in range(count)]
    for part in parts:
        passed = []
        while heap and not bins[heap[0][1]].takes(part, quotas):
            passed.append(heapq.heappop(heap))
        if not heap:
            return None
        _, index = heapq.heappop(heap)
        bins[index].add(part)
        for entry in (*passed, (bins[index].records, index)):
            heapq.heappush(heap, entry)
    return bins


def _fill_up(bins: list[_Bin], quotas: BatchQuotas) -> None:
    """Where bytes have filled shards unevenly, take parts from shards that can spare them."""
    minimum = quotas.minimum_records
    for poor in sorted(bins, key=lambda each: -each.records):
        if poor.records >= minimum:
            continue
        moved: list[tuple[_Bin, Part]] = []
        for rich in sorted(bins, key=lambda each: -each.records):
            for part in sorted(rich.parts) if rich is not poor else ():
                if poor.records < minimum <= rich.records - part.records and poor.takes(part, quotas):
                    rich.remove(part)
                    poor.add(part)
                    moved.append((rich, part))
        if poor.records < minimum:
            for rich, part in moved:
                poor.remove(part)
                rich.add(part)


def _files(parts: Sequence[Part], quotas: BatchQuotas) -> tuple[tuple[Part, ...], ...]:
    files: list[list[Part]] = [[]]
    records = size = 0
    for part in parts:
        if files[-1] and (records + part.records > quotas.records_per_file or size + part.bytes > quotas.file_bytes):
            files.append([])
            records = size = 0
        files[-1].append(part)
        records += part.records
        size += part.bytes
    return tuple(tuple(file) for file in files)
