"""A Knowledge Base's vectors in its S3 Vectors index, under the keys that Bedrock uses, for who looks into it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.exceptions import ServiceException

from local.bedrock.brain import Vectors
from local.bedrock.formats.padded_vectors import padded
from local.bedrock.knowledge.passages import StoredPassage
from local.vectors.store import StoredVector, VectorIndex

TEXT, METADATA = "AMAZON_BEDROCK_TEXT", "AMAZON_BEDROCK_METADATA"
_MOST_AT_ONCE = 500


def vector_index(storage: Mapping[str, Any]) -> VectorIndex | None:
    """The index of a `storageConfiguration`; None for another store, and for an index that does not exist."""
    own = storage.get("s3VectorsConfiguration", {})
    arn = own.get("indexArn") or f"{own.get('vectorBucketArn', '')}/index/{own.get('indexName', '')}"
    if storage["type"] != "S3_VECTORS":
        return None
    from local.cloud.seams.vector_indexes import find_index  # the local cloud need not be there without one

    try:
        return find_index(arn)
    except (ServiceException, AttributeError):  # moto alone keeps no contents
        return None


def put_passages(index: VectorIndex | None, passages: Sequence[StoredPassage], vectors: Vectors) -> None:
    """Raises VectorsValidationError: a dimension that is not the index's, metadata beyond its limits."""
    if index is None or not passages:
        return
    stored = [
        StoredVector(passage.chunk_id, row, {**passage.metadata, TEXT: passage.text, METADATA: _source(passage)})
        for passage, row in zip(passages, padded(vectors, index.dimension), strict=True)
    ]
    for start in range(0, len(stored), _MOST_AT_ONCE):
        index.put(stored[start : start + _MOST_AT_ONCE])


def remove_passages(index: VectorIndex | None, passages: Sequence[StoredPassage]) -> None:
    """Those that are not there are no error."""
    keys = [passage.chunk_id for passage in passages]
    for start in range(0, len(keys), _MOST_AT_ONCE):
        if index is not None:
            index.delete(keys[start : start + _MOST_AT_ONCE])


def _source(passage: StoredPassage) -> str:
    return json.dumps({"source": dict(passage.location)}, ensure_ascii=False)
