"""Reads a job's input and validates it as Bedrock does: place, files, sizes, counts, and that each line is a record.

Whether a record's `modelInput` suits the model is not validated: such records become error rows of a Completed job.
https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-data.html
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.bedrock.batch.job import Job, JobFailedError
from local.bedrock.batch.objects import Location, objects_under, readable_bucket
from local.quotas import QuotaTable

_SUFFIX = ".jsonl"
_BYTES_PER_GB = 1024**3
_MADE_UP = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Record:
    """One line: `file` is the name below the input's prefix, which the output keeps."""

    file: str
    record_id: str
    model_input: dict[str, Any]


def read_records(job: Job, quotas: QuotaTable) -> list[Record]:
    """All records in their order; raises JobFailedError with what makes the whole job fail."""
    config = job.request["inputDataConfig"]["s3InputDataConfig"]
    files = _files(config, job.region)

    def limit(kind: str) -> float:
        return quotas.limit(kind, job.model.model_id)

    _check_sizes(files, limit("file_gb"), limit("job_gb"))
    records: list[Record] = []
    for name, stored in files:
        ids = random.Random(f"{job.job_id}/{name}")  # noqa: S311  (ids, no secrets)
        found = list(_records(name, stored.value, ids))
        _check_count(f"Input file {stored.name}", len(found), limit("records_per_file"))
        records += found
    _check_count("Batch job", len(records), limit("records_per_job"))
    minimum = limit("minimum_records")
    if len(records) < minimum:
        raise JobFailedError(
            f"Batch job contains less records ({len(records)}) than the required minimum of: {minimum:.0f}"
        )
    return records


def _files(config: dict[str, Any], region: str) -> list[tuple[str, Any]]:
    """Name below the prefix and object: the one that the URI names, else all JSONL files below it."""
    bucket, place = readable_bucket(config, region), Location.of(config["s3Uri"])
    if place.key.endswith(_SUFFIX):
        one = [each for each in objects_under(bucket, place.key) if each.name == place.key]
        if one:
            return [(place.key.rsplit("/", 1)[-1], one[0])]
    below = [each for each in objects_under(bucket, place.folder) if each.name.endswith(_SUFFIX)]
    if not below:
        raise JobFailedError(f"No {_SUFFIX} file was found at {config['s3Uri']}.")
    return [(each.name.removeprefix(place.folder), each) for each in below]


def _check_sizes(files: list[tuple[str, Any]], file_gb: float, job_gb: float) -> None:
    for _, stored in files:
        if stored.size > file_gb * _BYTES_PER_GB:
            raise JobFailedError(
                f"Input file {stored.name} ({stored.size} bytes) is larger than the allowed maximum of: {file_gb:g} GB"
            )
    total = sum(stored.size for _, stored in files)
    if total > job_gb * _BYTES_PER_GB:
        raise JobFailedError(f"Batch job input ({total} bytes) is larger than the allowed maximum of: {job_gb:g} GB")


def _check_count(what: str, count: int, maximum: float) -> None:
    if count > maximum:
        raise JobFailedError(f"{what} contains more records ({count}) than the allowed maximum of: {maximum:.0f}")


def _records(name: str, data: bytes, ids: random.Random) -> Iterator[Record]:
    # Lines end at \n alone: U+2028 and others may stand in a JSON text as they are.
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield _record(name, line, number, ids)


def _record(name: str, line: bytes, number: int, ids: random.Random) -> Record:
    try:
        value = json.loads(line)
    except ValueError:  # also raised for bytes that are no UTF-8
        value = None
    if not isinstance(value, dict):
        raise JobFailedError(f"Input file {name}: line {number} is not a JSON object.")
    if not isinstance(value.get("modelInput"), dict):
        raise JobFailedError(f"Input file {name}: line {number} has no modelInput that is a JSON object.")
    record_id = value.get("recordId")
    if record_id is None:  # "If you omit the recordId field, Amazon Bedrock adds it in the output."
        record_id = "".join(ids.choices(_MADE_UP, k=11))
    if not isinstance(record_id, str):
        raise JobFailedError(f"Input file {name}: line {number} has a recordId that is no string.")
    return Record(name, record_id, value["modelInput"])
