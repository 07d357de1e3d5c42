"""Brings the local vectors to the number of dimensions that a hosted model would give."""

from __future__ import annotations

import numpy as np

from local.bedrock.brain import Vectors


def padded(vectors: Vectors, dimensions: int) -> list[list[float]]:
    """Zeros at the end change no cosine and no length; fewer dimensions than there are get cut and normalized."""
    rows, width = vectors.shape
    if dimensions >= width:
        wide = np.zeros((rows, dimensions), dtype=np.float32)
        wide[:, :width] = vectors
    else:
        cut = vectors[:, :dimensions]
        wide = cut / np.maximum(np.linalg.norm(cut, axis=1, keepdims=True), 1e-12)
    result: list[list[float]] = wide.tolist()
    return result


def signs(vector: list[float]) -> list[int]:
    """Titan's binary embedding: 1 where the value is positive."""
    return [int(value > 0) for value in vector]
