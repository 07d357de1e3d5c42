"""One vector index as S3 Vectors keeps it: put, get, page, delete and query, with the service's rules and errors."""

from __future__ import annotations

import base64
import binascii
import bisect
import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from local.vectors.errors import VectorsValidationError
from local.vectors.filter_document import read_filter
from local.vectors.metadata_limits import check_metadata
from local.vectors.vector_rows import Row, VectorRows

MAX_DIMENSION = 4096
MAX_TOP_K = 100
METRICS = ("euclidean", "cosine")


class StoredVector(NamedTuple):
    """`data`: numbers (any sequence when put, a float32 row when read)."""

    key: str
    data: Sequence[float] | Row
    metadata: Mapping[str, Any]


class Found(NamedTuple):
    """One result of a query, the nearest first; `distance`: 1 - cosine, or the straight line's length."""

    key: str
    distance: float
    metadata: Mapping[str, Any]


class VectorIndex:
    """Safe for threads; every refusal is a VectorsValidationError, and then nothing was written."""

    def __init__(self, *, dimension: int, metric: str, non_filterable: Sequence[str] = ()) -> None:
        if not 1 <= dimension <= MAX_DIMENSION:
            raise VectorsValidationError(f"dimension must be between 1 and {MAX_DIMENSION}, inclusive")
        if metric not in METRICS:
            raise VectorsValidationError(f"distanceMetric must satisfy enum value set: [{', '.join(METRICS)}]")
        self.dimension = dimension
        self.metric = metric
        self.non_filterable = tuple(non_filterable)
        self._rows = VectorRows(dimension)
        self._metadata: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._rows)

    def put(self, vectors: Sequence[StoredVector]) -> None:
        """Add or replace: all of them, or none where one is refused."""
        _check_count("vectors", vectors, 500)
        rows = [self._checked(vector) for vector in vectors]
        with self._lock:
            for vector, row in zip(vectors, rows, strict=True):
                self._rows.put(vector.key, row)
                self._metadata[vector.key] = dict(vector.metadata)

    def get(self, keys: Sequence[str]) -> list[StoredVector]:
        """Those that are there."""
        _check_count("keys", keys, 100)
        with self._lock:
            return [self._stored(key) for key in dict.fromkeys(keys) if key in self._rows]

    def page(self, *, size: int = 500, token: str | None = None) -> tuple[list[StoredVector], str | None]:
        """One page by key, and the token of the next; what is put or deleted in between disturbs no page."""
        if not 1 <= size <= 1000:
            raise VectorsValidationError("maxResults must be between 1 and 1000, inclusive")
        with self._lock:
            keys = sorted(self._rows.keys)
            start = bisect.bisect_right(keys, _last_key(token)) if token is not None else 0
            page = keys[start : start + size]
            more = start + size < len(keys)
            return [self._stored(key) for key in page], _token(page[-1]) if more else None

    def delete(self, keys: Sequence[str]) -> None:
        """Keys that are not there are no error."""
        _check_count("keys", keys, 500)
        with self._lock:
            for key in keys:
                self._rows.remove(key)
                self._metadata.pop(key, None)

    def query(self, vector: Sequence[float], *, top_k: int, where: Mapping[str, Any] | None = None) -> list[Found]:
        """The `top_k` nearest of those whose metadata pass `where` (a filter document), exactly; ties by key."""
        if not 1 <= top_k <= MAX_TOP_K:
            raise VectorsValidationError(f"topK must be between 1 and {MAX_TOP_K}, inclusive")
        query = self._row("Invalid query vector", vector)
        passes = None if where is None else read_filter(where, self.non_filterable)
        with self._lock:
            keys = self._rows.keys if passes is None else [k for k in self._rows.keys if passes(self._metadata[k])]
            if not keys:
                return []
            distances = self._rows.distances(query, self.metric, None if passes is None else keys)
            nearest = sorted(zip(distances.tolist(), keys, strict=True))[:top_k]
            return [Found(key, distance, self._metadata[key]) for distance, key in nearest]

    def _stored(self, key: str) -> StoredVector:
        return StoredVector(key, self._rows.get(key), self._metadata[key])

    def _checked(self, vector: StoredVector) -> Row:
        if not 1 <= len(vector.key) <= 1024:
            raise VectorsValidationError("key must have length between 1 and 1024, inclusive")
        row = self._row(f"Invalid record for key '{vector.key}'", vector.data)
        check_metadata(vector.key, vector.metadata, self.non_filterable)
        return row

    def _row(self, what: str, numbers: Sequence[float] | Row) -> Row:
        if len(numbers) != self.dimension:
            reason = f"vector must have length {self.dimension}, but has length {len(numbers)}"
            raise VectorsValidationError(f"{what}: {reason}")
        with np.errstate(over="ignore"):
            row = np.asarray(numbers, dtype=np.float32)
        if not np.isfinite(row).all():
            raise VectorsValidationError(f"{what}: vector must not contain NaN or Infinity")
        if self.metric == "cosine" and not row.any():
            raise VectorsValidationError(f"{what}: zero vectors are not allowed with the cosine distance metric")
        return row


def _check_count(name: str, values: Sequence[Any], most: float = math.inf) -> None:
    if not 1 <= len(values) <= most:
        raise VectorsValidationError(f"{name} must have length between 1 and {most}, inclusive")


def _token(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _last_key(token: str) -> str:
    try:
        if not token:
            raise ValueError("empty")  # noqa: TRY301
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise VectorsValidationError("Invalid nextToken") from None
