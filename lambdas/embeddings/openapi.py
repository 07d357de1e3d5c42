"""The operations that embed and compare texts, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from lambdas.embeddings import group_schema, schema
from lambdas.shared.domain import errors
from lambdas.shared.runtime.operation import Operation

_MODEL = "amazon.titan-embed-text-v2:0"
_TOOK: dict[str, Any] = {
    "model": _MODEL,
    "dimensions": 1024,
    "usage": {"input_tokens": 21},
    "cost_usd": 0.00000042,
}
_PAYING: dict[str, Any] = {
    "tag": "embeddings",
    "scope": "embeddings",
    "idempotent": True,
    "errors": (
        errors.UnknownModelError,
        errors.TooLargeError,
        errors.TextTooLongError,
        errors.ModelError,
        errors.ModelThrottledError,
        errors.ModelUnavailableError,
        errors.ModelNotEnabledError,
        errors.ModelRefusedRequestError,
    ),
}

OPERATIONS = (
    Operation(
        method="POST",
        path="/embeddings",
        handler="embeddings/embed",
        name="embed",
        summary="Vectors of up to 2,048 texts",
        description=(
            "Nothing is cut: a text that is too long for the model is an error that names it. A text that comes twice "
            "is paid for once. The answer may have 50 MB; beyond that the request is refused before it costs anything."
        ),
        body=schema.EmbeddingsBody,
        body_example={"input": ["A heron stands in the reeds.", "Interest rates rose in March."], "dimensions": 256},
        answer=schema.EmbeddingsAnswer,
        answer_example={**_TOOK, "dimensions": 3, "embeddings": [[0.12, -0.55, 0.82], [0.4, 0.3, -0.86]]},
        **_PAYING,
    ),
    Operation(
        method="POST",
        path="/embeddings/similarity",
        handler="embeddings/embed",
        name="compareTexts",
        summary="How near one text is to many, or the texts of pairs",
        body=schema.SimilarityBody,
        body_example={"source": "a dog", "targets": ["a puppy", "an interest rate"], "metric": "cosine"},
        answer=schema.SimilarityAnswer,
        answer_example={**_TOOK, "metric": "cosine", "scores": [0.78, 0.09]},
        **_PAYING,
    ),
    Operation(
        method="POST",
        path="/embeddings/search",
        handler="embeddings/embed",
        name="searchTexts",
        summary="The nearest of the documents in the request",
        description="`top_k` beyond the number of documents gives all of them, ordered.",
        body=schema.SearchBody,
        body_example={
            "query": "Isaac Newton",
            "documents": ["The law of universal gravitation.", "The theory of general relativity."],
            "top_k": 1,
        },
        answer=schema.SearchAnswer,
        answer_example={
            **_TOOK,
            "results": [{"index": 0, "score": 0.41, "text": "The law of universal gravitation."}],
        },
        **_PAYING,
    ),
    Operation(
        method="POST",
        path="/embeddings/classify",
        handler="embeddings/embed",
        name="classifyTexts",
        summary="Which class a text, or each of many, belongs to",
        description=(
            "A class stands for the mean direction of its description and examples, or of its label where it has "
            "neither. How large a cosine is meant to be differs from model to model: set `min_score` and `min_margin` "
            "by what your texts get."
        ),
        body=group_schema.ClassifyBody,
        body_example={
            "text": "With a wave of the wand and a whispered incantation the frog became a prince.",
            "classes": [
                {"label": "magician", "description": "casts spells and practises magic"},
                {"label": "musician", "description": "plays an instrument and writes songs"},
            ],
        },
        answer=group_schema.ClassifyAnswer,
        answer_example={
            **_TOOK,
            "results": [{"label": "magician", "score": 0.31}, {"label": "musician", "score": 0.02}],
            "margin": 0.29,
            "uncertain": False,
        },
        **_PAYING,
    ),
    Operation(
        method="POST",
        path="/embeddings/cluster",
        handler="embeddings/cluster",
        name="clusterTexts",
        summary="Texts grouped by what they are about",
        description="k-means on vectors of length 1. The same texts are always grouped in the same way.",
        body=group_schema.ClusterBody,
        body_example={"texts": ["a dog runs", "the dog sleeps", "interest rates rose", "rates fell"], "k": 2},
        answer=group_schema.ClusterAnswer,
        answer_example={
            **_TOOK,
            "k": 2,
            "labels": [0, 0, 1, 1],
            "clusters": [
                {"id": 0, "members": [0, 1], "nearest": ["a dog runs", "the dog sleeps"]},
                {"id": 1, "members": [2, 3], "nearest": ["rates fell", "interest rates rose"]},
            ],
            "points": [[0.61, 0.08], [0.58, -0.11], [-0.6, 0.2], [-0.59, -0.17]],
            "silhouette": 0.44,
        },
        **_PAYING,
    ),
)
