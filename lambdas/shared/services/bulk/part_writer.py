"""Writes documents and their open requests into parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from lambdas.shared.domain.bulk.document_work import DocumentWork
from lambdas.shared.domain.bulk.part import Part, PartLimits
from lambdas.shared.domain.bulk.run_files import RowWriter, RunFiles


class PartWriter:
    """A context; `parts` are whole when it has ended. `key` names the part of an index."""

    def __init__(self, files: RunFiles, limits: PartLimits, key: Callable[[int], str]) -> None:
        self.parts: list[Part] = []
        self._files = files
        self._limits = limits
        self._key = key
        self._part: Part | None = None
        self._open = ExitStack()
        self._requests: RowWriter
        self._items: RowWriter

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._end_part()
        else:
            self._open.__exit__(kind, error, trace)

    def add(self, work: DocumentWork, requests: Iterable[Mapping[str, Any]]) -> None:
        """One document with the rows of its open records; they stay together."""
        part = self._part or self._begin_part()
        size = sum([self._requests.write(row) for row in requests])
        self._items.write(work.as_row())
        part = Part(part.key, part.records + len(work.open), part.bytes + size, part.documents + 1)
        self._part = part
        if self._limits.reached(part):
            self._end_part()

    def _begin_part(self) -> Part:
        part = Part(self._key(len(self.parts)), 0, 0, 0)
        self._requests = self._open.enter_context(self._files.open(part.key))
        self._items = self._open.enter_context(self._files.open(part.items_key))
        return part

    def _end_part(self) -> None:
        if self._part is not None:
            self._open.close()
            self.parts.append(self._part)
            self._part = None
