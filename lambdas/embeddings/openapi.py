"""The operations that embed and compare texts, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from lambdas.embeddings import schema
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
)
