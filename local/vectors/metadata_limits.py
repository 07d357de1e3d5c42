"""What S3 Vectors lets be attached to a vector.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from local.vectors.errors import VectorsValidationError

MAX_KEYS = 50
MAX_BYTES = 40 * 1024
MAX_FILTERABLE_BYTES = 2 * 1024


def check_metadata(key: str, metadata: Any, non_filterable: Collection[str]) -> None:
    """Raises VectorsValidationError, which names the vector, for metadata beyond a limit or of another type."""
    if not isinstance(metadata, Mapping):
        raise _invalid(key, "metadata must be an object")
    if len(metadata) > MAX_KEYS:
        raise _invalid(key, f"metadata must have at most {MAX_KEYS} keys")
    for name, value in metadata.items():
        values = value if isinstance(value, list) else [value]
        if not name or not all(isinstance(each, str | int | float | bool) for each in values):
            raise _invalid(key, f"metadata value of {name!r} must be a string, number, boolean or list of them")
    filterable = {name: value for name, value in metadata.items() if name not in non_filterable}
    for limit, kind, part in (
        (MAX_FILTERABLE_BYTES, "Filterable", filterable),
        (MAX_BYTES, "Total", metadata),
    ):
        size = len(json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode()) if part else 0
        if size > limit:
            raise _invalid(key, f"{kind} metadata must have at most {limit} bytes, but has {size} bytes")


def _invalid(key: str, reason: str) -> VectorsValidationError:
    return VectorsValidationError(f"Invalid record for key '{key}': {reason}")
