"""The local S3 Vectors: indexes in memory that are searched exactly; `local.vectors.store` is for whoever needs one."""

from __future__ import annotations

from local.vectors.errors import VectorsError, VectorsValidationError
from local.vectors.store import Found, StoredVector, VectorIndex

__all__ = ["Found", "StoredVector", "VectorIndex", "VectorsError", "VectorsValidationError"]
