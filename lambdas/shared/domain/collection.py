"""Collections: a tenant's named sets of vectors, each an index of its own in the vector store."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from lambdas.shared.domain.errors import FieldError, InvalidInputError

Metric = Literal["cosine", "euclidean"]
# creating: the row is there, the index may not be; deleting: the index may be gone already.
CollectionState = Literal["creating", "ready", "deleting"]

MAX_DIMENSIONS = 4096
MAX_TOP_K = 100
NAME_PATTERN = r"[a-z0-9][a-z0-9-]{0,62}"
_MAX_FLOAT32 = 3.4028234663852886e38


class CollectionShape(NamedTuple):
    """What a collection is made with and keeps for ever. `model`: the id that embeds its texts, None = it takes vectors
    alone."""

    dimensions: int
    metric: Metric
    model: str | None


class Collection(NamedTuple):
    """`index_name` names its vectors in the store; one that is made again under the same name gets another."""

    tenant: str
    name: str
    index_name: str
    shape: CollectionShape
    created_at: datetime
    state: CollectionState = "creating"


def check_collection_name(name: str) -> str:
    """The name; raises InvalidInputError."""
    if re.fullmatch(NAME_PATTERN, name):
        return name
    remedy = "1 to 63 lower-case letters, digits and hyphens, the first of them no hyphen"
    raise InvalidInputError(f"/name: must be {remedy}.", errors=(FieldError("/name", remedy),))


def new_index_name(tenant: str, name: str, salt: str) -> str:
    """Tells nobody whose it is, and cannot be asked for: callers name collections, never indexes."""
    return "c-" + hashlib.sha256("\0".join((tenant, name, salt)).encode()).hexdigest()[:48]


def vector_problem(vector: Sequence[float], shape: CollectionShape) -> str | None:
    """Why `vector` cannot be in a collection of this shape, or be searched there; None where it can."""
    if len(vector) != shape.dimensions:
        return f"must have {shape.dimensions} numbers as the collection's dimensions say, not {len(vector)}"
    # NaN is not below anything
    if not all(abs(number) <= _MAX_FLOAT32 for number in vector):
        return "must hold finite numbers of 32 bits alone"
    if shape.metric == "cosine" and not any(vector):
        return "must not be all zeros: a zero vector has no direction, which the metric cosine compares"
    return None


def score(distance: float, metric: Metric) -> float:
    """0 to 1, more is nearer: the cosine, 0 where it is negative; of a euclidean distance 1 / (1 + distance)."""
    if metric == "cosine":
        return min(1.0, max(0.0, 1.0 - distance))
    return 1.0 / (1.0 + distance) if math.isfinite(distance) else 0.0
