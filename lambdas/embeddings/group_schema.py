"""The wire of the routes that classify and cluster texts."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from lambdas.embeddings.schema import MAX_TEXTS, Dimensions, Model, Text, Took

Cosine = Annotated[float, Meta(ge=-1, le=1)]
Margin = Annotated[float, Meta(ge=0, le=2)]


class ClassBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A class: named, and best described or shown by examples too."""

    label: Annotated[str, Meta(min_length=1, max_length=200)]
    description: Text | None = None
    examples: list[Text] = []


class ClassifyBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of POST /embeddings/classify: `text` or `texts`. Uncertain is what is below `min_score` or `min_margin`."""

    classes: Annotated[list[ClassBody], Meta(min_length=2, max_length=500)]
    text: Text | None = None
    texts: Annotated[list[Text], Meta(min_length=1, max_length=MAX_TEXTS)] | None = None
    min_score: Cosine = 0.1
    min_margin: Margin = 0.02
    model: Model | None = None
    dimensions: Dimensions | None = None


class ClusterBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of POST /embeddings/cluster. Without `k` the silhouette chooses, of two to ten."""

    texts: Annotated[list[Text], Meta(min_length=2, max_length=MAX_TEXTS)]
    k: Annotated[int, Meta(ge=1, le=MAX_TEXTS)] | None = None
    model: Model | None = None
    dimensions: Dimensions | None = None


class ClassScore(msgspec.Struct):
    """`score`: the cosine with what stands for the class."""

    label: str
    score: float


class Classification(msgspec.Struct):
    """All classes, best first. `margin`: by how much the first is ahead of the second."""

    results: list[ClassScore]
    margin: float
    uncertain: bool


class ClassifyAnswer(Took, kw_only=True):
    """Of `text`: `results`, `margin` and `uncertain`. Of `texts`: `items`, one for each in their order."""

    results: list[ClassScore] | UnsetType = UNSET
    margin: float | UnsetType = UNSET
    uncertain: bool | UnsetType = UNSET
    items: list[Classification] | UnsetType = UNSET


class Cluster(msgspec.Struct):
    """`members` are places in `texts`; `nearest`: the up to three texts that are nearest to the middle."""

    id: int
    members: list[int]
    nearest: list[str]


class ClusterAnswer(Took, kw_only=True):
    """`labels[i]` and `points[i]` are of `texts[i]`. `silhouette`: from -1 to 1, how well the clusters are apart; null
    where it says nothing (one cluster, or as many as texts)."""

    k: int
    labels: list[int]
    clusters: list[Cluster]
    points: list[tuple[float, float]]
    silhouette: float | None
