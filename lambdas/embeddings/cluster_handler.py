"""POST /embeddings/cluster: texts grouped by what they are about; apart, because scikit-learn is large."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from lambdas.embeddings.group_schema import Cluster, ClusterAnswer, ClusterBody
from lambdas.embeddings.schema import took
from lambdas.embeddings.wiring import embed_texts, keyed_routes
from lambdas.shared.runtime.http import (
    Request,
    Response,
    Route,
    decode_body,
    http_handler,
    idempotent,
    json_response,
)
from lambdas.shared.runtime.observability import annotate
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.cluster_texts import ClusteredTexts, ClusterTexts
from lambdas.shared.services.embed_texts import Asked


@dataclass(frozen=True, slots=True)
class Settings:
    ledger_table: str
    idempotency_table: str
    embedding_models: str
    ledger_days: int


@cache
def build_service() -> ClusterTexts:
    from lambdas.shared.services.vectors.clusters import cluster  # while Lambda gives a starting function all it has

    settings = load_settings(Settings)
    texts = embed_texts(
        embedding_models=settings.embedding_models,
        ledger_table=settings.ledger_table,
        ledger_days=settings.ledger_days,
    )
    return ClusterTexts(texts, cluster=cluster)


@cache
def build_idempotency() -> Callable[[Route, Request], Response]:
    return keyed_routes(load_settings(Settings).idempotency_table)


def cluster(request: Request) -> Response:
    """Labels, clusters, and points to plot."""
    body = decode_body(request, ClusterBody)
    asked = Asked(request.caller, "embeddings.cluster", body.model, body.dimensions)
    found = build_service().cluster(asked, body.texts, body.k)
    annotate(model=found.spending.model, input_tokens=found.spending.input_tokens, texts=len(body.texts))
    return json_response(_answer(found, body))


def _answer(found: ClusteredTexts, body: ClusterBody) -> ClusterAnswer:
    labels, nearest = found.clusters.labels, found.clusters.nearest
    members: list[list[int]] = [[] for _ in nearest]
    for place, label in enumerate(labels):
        members[label].append(place)
    return ClusterAnswer(
        k=len(nearest),
        labels=labels,
        clusters=[
            Cluster(each, members[each], [body.texts[place] for place in nearest[each]]) for each in range(len(nearest))
        ],
        points=found.clusters.points,
        silhouette=found.clusters.silhouette,
        **took(found.spending),
    )


handler = http_handler({("POST", "/embeddings/cluster"): idempotent(cluster, build_idempotency)}, scope="embeddings")
