"""The passages of a Knowledge Base with their vectors: a small store in memory that searches all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local.bedrock.brain import Vectors

Vector = NDArray[np.float32]
Condition = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """`text` is what an answer shows, for a child of a hierarchy its parent's; `parent` is the same for children of
    one parent. `location` and `metadata`: as Retrieve tells them."""

    chunk_id: str
    source_id: str
    document: str
    text: str
    parent: str
    location: Mapping[str, Any]
    metadata: Mapping[str, Any]


class PassageIndex:
    """Vectors are L2-normalized; the similarity is their cosine. Safe under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._passages: list[StoredPassage] = []
        self._vectors: Vectors = np.zeros((0, 0), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._passages)

    def replace(
        self, source_id: str, document: str, passages: Sequence[StoredPassage], vectors: Vectors
    ) -> list[StoredPassage]:
        """These are a document's passages from now on; none = the document is gone. Answers those that it had."""
        with self._lock:
            stays = [
                place
                for place, each in enumerate(self._passages)
                if each.source_id != source_id or each.document != document
            ]
            kept = [self._passages[place] for place in stays]
            had = [each for each in self._passages if each.source_id == source_id and each.document == document]
            parts = [part for part in (self._vectors[stays], vectors) if len(part)]
            self._passages = [*kept, *passages]
            self._vectors = np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)
            return had

    def documents_of(self, source_id: str) -> set[str]:
        """Those that have passages."""
        return {each.document for each in self._passages if each.source_id == source_id}

    def nearest(self, vector: Vector, condition: Condition) -> list[tuple[StoredPassage, float]]:
        """Every passage whose metadata fulfils the condition, the nearest first; one for each parent."""
        with self._lock:
            passages, vectors = self._passages, self._vectors
        places = [place for place, each in enumerate(passages) if condition(each.metadata)]
        if not places:
            return []
        scores = vectors[places] @ vector
        found: dict[tuple[str, str], tuple[StoredPassage, float]] = {}
        for rank in np.argsort(-scores, kind="stable"):
            passage = passages[places[int(rank)]]
            found.setdefault((passage.document, passage.parent), (passage, float(scores[rank])))
        return list(found.values())
