"""Vectors as the rows of one growing float32 matrix, found by key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float32]


class VectorRows:
    """Not safe for threads by itself; a removed row is filled by the last one."""

    def __init__(self, dimension: int) -> None:
        self._matrix: Row = np.empty((16, dimension), dtype=np.float32)
        self._row_of: dict[str, int] = {}
        self.keys: list[str] = []

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, key: str) -> bool:
        return key in self._row_of

    def put(self, key: str, vector: Row) -> None:
        """Add or replace."""
        row = self._row_of.get(key)
        if row is None:
            row = len(self.keys)
            if row == len(self._matrix):
                self._matrix = np.concatenate([self._matrix, np.empty_like(self._matrix)])
            self._row_of[key] = row
            self.keys.append(key)
        self._matrix[row] = vector

    def get(self, key: str) -> Row:
        """A copy of the vector; KeyError where there is none."""
        row: Row = self._matrix[self._row_of[key]].copy()
        return row

    def remove(self, key: str) -> None:
        """Remove the vector; nothing happens where there is none."""
        row = self._row_of.pop(key, None)
        if row is None:
            return
        last = self.keys.pop()
        if last != key:
            self.keys[row] = last
            self._matrix[row] = self._matrix[len(self.keys)]
            self._row_of[last] = row

    def distances(self, query: Row, metric: str, keys: Sequence[str] | None = None) -> NDArray[np.float32]:
        """From `query` to the vectors of `keys` (None = all, in the order of `self.keys`): 1 - cosine, or L2."""
        rows: Any = slice(len(self.keys)) if keys is None else [self._row_of[key] for key in keys]
        matrix = self._matrix[rows]
        if metric == "euclidean":
            return np.asarray(np.linalg.norm(matrix - query, axis=1), dtype=np.float32)
        # in float64, where the squares of small and large numbers stay numbers
        wide, wanted = matrix.astype(np.float64), query.astype(np.float64)
        lengths = np.linalg.norm(wide, axis=1) * np.linalg.norm(wanted)
        return np.asarray(1.0 - (wide @ wanted) / lengths, dtype=np.float32)
