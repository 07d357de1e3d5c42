"""Vectors: reading a provider's answer, comparing 2,048 of them, writing them; `python -m benchmarks.embeddings`."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, get_args

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measuring import table
from lambdas.embeddings.vector_json import encoded
from lambdas.shared.adapters.embedding_formats import WIRE_FORMATS
from lambdas.shared.services.vectors.nearness import Metric, nearest, prepared, scores

TEXTS, DIMENSIONS = 2_048, 1_024
_ROUNDS = 15
Case = tuple[str, Callable[[], Any]]


def measure() -> str:
    """Medians of interleaved rounds on one thread, as a function with one processor has; ratios to the first of a
    group."""
    rows = np.random.default_rng(1).normal(size=(TEXTS, DIMENSIONS)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    vectors = [[float(f"{value:.8g}") for value in row] for row in rows.tolist()]  # as providers write them
    with threadpool_limits(limits=1):
        groups = (
            ("Reading", _reading(vectors), 20),
            (f"Comparing {TEXTS:,} x {DIMENSIONS:,} in memory", _comparing(rows), 20),
            (f"Comparing {TEXTS:,} x {DIMENSIONS:,} as lists of numbers", _whole(vectors), 1),
            (f"Writing {TEXTS:,} x {DIMENSIONS:,}", _writing(vectors), 1),
        )
        return "\n\n".join(f"{title}:\n\n{_timed(cases, calls)}" for title, cases, calls in groups)


def _reading(vectors: Sequence[list[float]]) -> list[Case]:
    titan = {"embedding": vectors[0], "embeddingsByType": {"float": vectors[0]}, "inputTextTokenCount": 9}
    one = json.dumps(titan, separators=(",", ":")).encode()
    many = json.dumps({"id": "x", "texts": ["text"] * 96, "embeddings": {"float": vectors[:96]}}).encode()
    return [
        ("json.loads, Titan 2", lambda: json.loads(one)),
        ("Quarry, Titan 2", lambda: WIRE_FORMATS["titan_v2"].read(one)),
        ("json.loads, Cohere 4 with 96 texts", lambda: json.loads(many)),
        ("Quarry, Cohere 4 with 96 texts", lambda: WIRE_FORMATS["cohere_v4"].read(many)),
    ]


def _comparing(rows: Any) -> list[Case]:
    query = rows[7].copy()
    return [
        ("numpy: rows @ query", lambda: rows @ query),
        ("Quarry: similarity, cosine or dot", lambda: scores(query, rows, "cosine")),
        ("Quarry: search, the best ten", lambda: nearest(query, rows, 10)),
        ("numpy: norm(rows - query)", lambda: np.linalg.norm(rows - query, axis=1)),
        ("Quarry: euclidean", lambda: scores(query, rows, "euclidean")),
    ]


def _whole(vectors: Sequence[list[float]]) -> list[Case]:
    return [
        ("numpy: array(rows) @ array(query)", lambda: np.array(vectors, np.float32) @ np.array(vectors[7], np.float32)),
        ("Quarry: search, the best ten", lambda: nearest(_one(vectors[7], "cosine"), prepared(vectors, "cosine"), 10)),
        *(
            (f"Quarry: similarity, {metric}", lambda metric=metric: _scored(vectors, metric))
            for metric in get_args(Metric)
        ),
    ]


def _one(vector: list[float], metric: Metric) -> Any:
    return prepared([vector], metric)[0]


def _scored(vectors: Sequence[list[float]], metric: Metric) -> list[float]:
    return scores(_one(vectors[7], metric), prepared(vectors, metric), metric).tolist()


def _writing(vectors: Sequence[list[float]]) -> list[Case]:
    return [
        ("json.dumps", lambda: json.dumps(vectors).encode()),
        ("Quarry: float", lambda: encoded(vectors, "float")),
        ("Quarry: base64", lambda: encoded(vectors, "base64")),
    ]


def _timed(cases: Sequence[Case], calls: int) -> str:
    taken: list[list[float]] = [[] for _ in cases]
    for _ in range(_ROUNDS):
        for times, (_, call) in zip(taken, cases, strict=True):
            call()  # what the neighbour has driven out of the caches comes back
            began = time.perf_counter()
            for _ in range(calls):
                call()
            times.append((time.perf_counter() - began) / calls)
    medians = [statistics.median(times) for times in taken]
    lines = []
    for place, (name, _) in enumerate(cases):
        # a bare contender is what those below it are divided by
        bare = max(other for other in range(place + 1) if not cases[other][0].startswith("Quarry"))
        lines.append([name, f"{medians[place] / medians[bare]:.3f}x", f"{medians[place] * 1e6:,.0f}"])
    return table(["variant", "time", "us"], lines)


if __name__ == "__main__":
    print(measure())
