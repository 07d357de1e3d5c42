"""Parts: files of some hundred requests, the pieces that shards are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from lambdas.shared.domain.bulk.quotas import BatchQuotas

# A key file has at most this many documents (and this many bytes of them), so a part does not get much larger.
_RECORDS = 500
_BYTES = 64 * 1024 * 1024
# Parts are put together, not cut: eight to a shard leave room to balance shards above the minimum.
_PARTS_PER_SHARD = 8


# A Converse body, as `converse_body` writes it.
ModelInput = Mapping[str, Any]


class Part(NamedTuple):
    """`key` names JSON lines `{"recordId", "modelInput"}`; beside it lie the documents they belong to. All open
    records of a document are in one part, so whoever settles the part knows all that is open of the document."""

    key: str
    records: int
    bytes: int
    documents: int

    @property
    def items_key(self) -> str:
        """One row for each document, in the order of its records."""
        return self.key.removesuffix(".jsonl") + ".items.jsonl"

    def as_json(self) -> list[Any]:
        """Short, because a plan lists thousands."""
        return [self.key, self.records, self.bytes, self.documents]


class PartLimits(NamedTuple):
    """When a part is full. It may be larger by one document, for those are never torn."""

    records: int
    bytes: int

    def reached(self, part: Part) -> bool:
        """Whether the next document begins another part."""
        return part.records >= self.records or part.bytes >= self.bytes


def part_from(fields: list[Any]) -> Part:
    """The inverse of `Part.as_json`."""
    return Part(*fields)


def part_limits(quotas: BatchQuotas) -> PartLimits:
    """Small enough to fill shards well, large enough that half a million documents make about a thousand."""
    records = min(quotas.records_per_job, quotas.records_per_file) // _PARTS_PER_SHARD
    size = min(quotas.job_bytes, quotas.file_bytes) // _PARTS_PER_SHARD
    return PartLimits(records=max(1, min(_RECORDS, records)), bytes=max(1, min(_BYTES, size)))


def request_row(record_id: str, model_input: ModelInput) -> dict[str, Any]:
    """A line as batch inference wants it.
    https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-data.html"""
    return {"recordId": record_id, "modelInput": model_input}
