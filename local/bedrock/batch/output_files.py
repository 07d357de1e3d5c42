"""Writes what a job made: one `.jsonl.out` for each input file, and the manifest with the counts.

https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from local.bedrock.batch.input_files import Record
from local.bedrock.batch.job import Counts, Job
from local.bedrock.batch.objects import Location, put, writable_bucket
from local.bedrock.batch.record_answers import RecordAnswer

MANIFEST = "manifest.json.out"


class OutputFiles:
    """Rows in the order in which records were processed, never in that of the input."""

    def __init__(self, job: Job) -> None:
        config = job.request["outputDataConfig"]["s3OutputDataConfig"]
        self._bucket = writable_bucket(config, job.region)
        self._head = f"{Location.of(config['s3Uri']).folder}{job.job_id}/"
        self._rows: dict[str, list[tuple[int, bytes]]] = {}

    def add(self, place: int, record: Record, answer: RecordAnswer) -> None:
        """`place`: the record's in the input."""
        outcome = {"modelOutput": answer.output} if answer.error is None else {"error": answer.error}
        row = {"recordId": record.record_id, "modelInput": record.model_input, **outcome}
        self._rows.setdefault(record.file, []).append((place, _encoded(row)))

    def write(self, counts: Counts) -> None:
        """Store all files, the manifest last."""
        for name, rows in self._rows.items():
            put(self._bucket, f"{self._head}{name}.out", b"".join(row + b"\n" for row in _out_of_order(rows)))
        put(self._bucket, self._head + MANIFEST, json.dumps(_manifest(counts)).encode())


def _encoded(row: dict[str, Any]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair in the input has no form in UTF-8
        return json.dumps(row).encode()


def _out_of_order(rows: Sequence[tuple[int, bytes]]) -> list[bytes]:
    """A shuffle of a few rows can leave them in order, which nobody may rely on."""
    places, written = [place for place, _ in rows], [row for _, row in rows]
    return written[1:] + written[:1] if places == sorted(places) else written


def _manifest(counts: Counts) -> dict[str, Any]:
    return {
        "totalRecordCount": counts.total,
        "processedRecordCount": counts.processed,
        "successRecordCount": counts.succeeded,
        "errorRecordCount": counts.failed,
        "inputTokenCount": counts.input_tokens,
        "outputTokenCount": counts.output_tokens,
    }
