"""The files of one level of requests in the results bucket: the requests, and where each of them stands."""

from __future__ import annotations

import json
from collections.abc import Sequence

from lambdas.shared.domain.chat_model import ChatRequest
from lambdas.shared.domain.converse import converse_body
from lambdas.shared.domain.execution import PreparedRequests, SummaryRun
from lambdas.shared.domain.object_store import ObjectStore


class RequestFiles:
    """JSON lines. `requests.<level>.jsonl` holds `{"recordId", "modelInput"}`, `items.<level>.jsonl` one small line a
    record, `{"record_id", "offset", "length"}` in bytes: what a Distributed Map reads, so that no text gets into the
    state machine."""

    def __init__(self, objects: ObjectStore, *, bucket: str) -> None:
        self._objects = objects
        self._bucket = bucket

    def write(self, run: SummaryRun, prepared: PreparedRequests, requests: Sequence[ChatRequest]) -> None:
        """Write both files; a level of one record needs no items."""
        lines, items, offset = [], [], 0
        for index, request in enumerate(requests):
            record_id = prepared.record_id(run.document_id, index)
            line = _json({"recordId": record_id, "modelInput": converse_body(request)})
            items.append(_json({"record_id": record_id, "offset": offset, "length": len(line)}))
            lines.append(line)
            offset += len(line)
        self._write(run, prepared.requests_key, lines)
        if len(requests) > 1:
            self._write(run, prepared.items_key, items)

    def _write(self, run: SummaryRun, key: str, lines: Sequence[bytes]) -> None:
        self._objects.write(self._bucket, key, b"".join(lines), content_type="application/jsonl", owner=run.execution)


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False) + "\n").encode()
