"""Which class a vector is nearest to, each class being the mean direction of its examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lambdas.shared.domain.text_embedder import Vector
from lambdas.shared.services.vectors.nearness import matrix, rounded, unit


def class_scores(vectors: Sequence[Vector], examples: Sequence[Sequence[Vector]]) -> list[list[float]]:
    """For each vector its cosine with each class; `examples[c]` are the vectors that stand for class c, each with the
    same weight whatever its length."""
    prototypes = unit(np.stack([unit(matrix(each)).mean(axis=0) for each in examples]))
    found: list[list[float]] = (unit(matrix(vectors)) @ prototypes.T).tolist()
    return [[rounded(score) for score in row] for row in found]
