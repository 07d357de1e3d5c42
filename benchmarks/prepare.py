"""How fast documents become requests while S3 is waited for; `python -m benchmarks.prepare`.

The step "Prepare documents" as it is shipped, on documents that a store hands out after the time that S3 takes. What
its work overlaps is seen against one worker, and against no waiting at all, which is the work alone.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.manifest import RingFile, texts
from lambdas.shared.adapters.document_text_reader import DocumentTextReader
from lambdas.shared.adapters.file_prompt_library import FilePromptLibrary
from lambdas.shared.adapters.json_model_catalog import load_catalog
from lambdas.shared.adapters.jsonl_writer import JsonlWriter
from lambdas.shared.domain.bulk.quotas import CONSERVATIVE
from lambdas.shared.domain.bulk.run import BulkRun, RunPhase
from lambdas.shared.domain.guardrail import GuardrailPrices
from lambdas.shared.domain.summary_options import SummaryOptions
from lambdas.shared.domain.summary_request import SummaryPrompts
from lambdas.shared.domain.timestamps import utc_now
from lambdas.shared.services.bulk.content_policy import BulkContentPolicy
from lambdas.shared.services.bulk.prepare_documents import PrepareDocuments
from lambdas.shared.services.bulk.prepare_summary import PrepareSummary
from lambdas.shared.services.bulk.tenant_requests import TenantRequests

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = 1000
# A GetObject of some kilobytes within a Region.
S3_SECONDS = 0.02
# (workers, seconds of S3); the second is what the function has
VARIANTS = ((1, S3_SECONDS), (4, S3_SECONDS), (1, 0.0))
_MODEL = "amazon.nova-lite-v1:0"
_UNUSED: Any = None


class SlowObjects:
    """`ObjectStore` for reading: each document comes after the time that S3 takes."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._texts = [text.encode() for text in texts()]

    def read(self, bucket: str, key: str, version_id: str | None = None) -> bytes:
        time.sleep(self._seconds)
        return self._texts[int(key) % len(self._texts)]


class NothingKnown:
    """`ReusableSummaries` of a tenant that has none; DynamoDB takes its time too."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def find_reusable(self, tenant: str, reuse: object) -> None:
        time.sleep(self._seconds / 4)


class RingFiles:
    """`RunFiles` that keeps nothing but how much was written."""

    def __init__(self, ring: RingFile) -> None:
        self._ring = ring

    def rows(self, key: str) -> Iterator[dict[str, Any]]:
        return ({"bucket": "archive", "key": str(number), "size": 6400} for number in range(DOCUMENTS))

    @contextmanager
    def open(self, key: str) -> Iterator[JsonlWriter]:
        writer = JsonlWriter(self._ring)
        yield writer
        writer.flush()

    def read(self, key: str) -> None:
        return None

    def create(self, key: str, value: Mapping[str, Any]) -> bool:
        return True


class OneRun:
    """`BulkRunStore` of a run that prepares its documents."""

    def get(self, run_id: str) -> BulkRun:
        return BulkRun(run_id, "acme", "s3://archive/", _MODEL, CONSERVATIVE, phase=RunPhase.PREPARING)


def step(ring: RingFile, *, workers: int, seconds: float) -> PrepareDocuments:
    """As `lambdas/bulk/prepare_documents_handler.py` builds it."""
    objects: Any = SlowObjects(seconds)
    documents: Any = NothingKnown(seconds)
    files: Any = RingFiles(ring)
    runs: Any = OneRun()
    policy = BulkContentPolicy(
        guardrail=None, checker=_UNUSED, prices=GuardrailPrices(), ledger=_UNUSED, now=utc_now, new_id=str
    )
    requests = TenantRequests(
        prompts=SummaryPrompts(FilePromptLibrary(), 20_000),
        tenants=_Defaults(),
        options=SummaryOptions(),
        catalog=load_catalog(json.dumps({"aliases": {"fast": _MODEL}, "allowed": []})),
    )
    preparer = PrepareSummary(
        objects=objects,
        documents=documents,
        reader=DocumentTextReader(),
        requests=requests,
        policy=policy,
        keeper=_UNUSED,
    )
    return PrepareDocuments(
        runs=runs, files=files, preparer=preparer, new_id=lambda: "0", time_is_up=lambda: False, workers=workers
    )


class _Defaults:
    """`TenantOptions` of a tenant that has chosen nothing."""

    def options_of(self, tenant: str, default: SummaryOptions) -> SummaryOptions:
        return default


def measure() -> str:
    """A table: each variant prepares the same documents."""
    from benchmarks.measuring import table  # brings the CDK along
    from stacks.compiled_catalog import compile_catalog

    compile_catalog(ROOT)
    lines = []
    for workers, seconds in VARIANTS:
        with tempfile.TemporaryFile(buffering=0) as file:
            ring = RingFile(file)
            begin, cpu = time.perf_counter(), time.process_time()
            step(ring, workers=workers, seconds=seconds).step("run", 0, "keys")
            taken, worked = time.perf_counter() - begin, time.process_time() - cpu
        waits = f"{seconds * 1000:.0f} ms"
        speeds = [f"{DOCUMENTS / taken:.0f}", f"{ring.total / 1e6 / taken:.1f}", f"{worked / taken:.0%}"]
        lines.append([str(workers), waits, *speeds])
    head = ["workers", "S3 takes", "documents/s", "MB/s of requests", "of one CPU"]
    return f"{DOCUMENTS:,} texts of 6,400 characters; the function has 4 workers.\n\n{table(head, lines)}"


def main() -> None:
    print(measure())


if __name__ == "__main__":
    main()
