"""Which parts go into one job."""

from __future__ import annotations

from typing import NamedTuple

from lambdas.shared.domain.bulk.part import Part


class Shard(NamedTuple):
    """One job's input: `files` are lists of parts, each list to be written as one file."""

    files: tuple[tuple[Part, ...], ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for file in self.files for part in file)

    @property
    def records(self) -> int:
        return sum(part.records for part in self.parts)

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)


class Cut(NamedTuple):
    """`rest` are parts that no job can take: too few for the minimum, or one too large for any job."""

    shards: tuple[Shard, ...]
    rest: tuple[Part, ...]

    def limited(self, most_jobs: int | None) -> Cut:
        """The same with so many shards at most; the parts of the others are left over."""
        if most_jobs is None or len(self.shards) <= most_jobs:
            return self
        put_off = tuple(part for shard in self.shards[most_jobs:] for part in shard.parts)
        return Cut(self.shards[:most_jobs], tuple(sorted((*self.rest, *put_off))))
