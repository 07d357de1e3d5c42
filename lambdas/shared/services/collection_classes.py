"""Classification by examples at scale: a collection's labelled items near to a text or vector vote on its class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.metadata import key_problem, refused
from lambdas.shared.domain.metadata_filter import AllOf, Comparison, MetadataFilter
from lambdas.shared.services.collection_items import CollectionItems, Match, Spent


class Voting(NamedTuple):
    """Who votes: the `top_k` nearest with a text or list of texts under the metadata key `label`, among those that
    fulfil `where`. A result with a smaller margin than `min_margin` is uncertain."""

    label: str
    top_k: int
    min_margin: float
    where: MetadataFilter | None = None


class Verdict(NamedTuple):
    """Classes as (label, share of the votes), best first; shares sum to 1. `margin`: by how much the first is ahead of
    the second. `voters`: how many examples were found; without any, nothing is ranked and all is uncertain."""

    ranking: list[tuple[str, float]]
    margin: float
    uncertain: bool
    voters: int
    spent: Spent


class CollectionClasses:
    """Searches through `items`, and raises what that raises."""

    def __init__(self, items: CollectionItems) -> None:
        self._items = items

    def classify(self, caller: Caller, name: str, wanted: str | Sequence[float], voting: Voting) -> Verdict:
        """A vote weighs as much as its example's score; one of several labels gets the whole of it each."""
        if problem := key_problem(voting.label):
            raise refused("/label", problem)
        labelled = Comparison(voting.label, "$exists", True)
        where = labelled if voting.where is None else AllOf((labelled, voting.where))
        found = self._items.search(caller, name, wanted, top_k=voting.top_k, where=where)
        votes = _votes(found.matches, voting.label)
        total = sum(votes.values())
        shares = {label: weight / total if total else 1 / len(votes) for label, weight in votes.items()}
        ranking = sorted(shares.items(), key=lambda each: (-each[1], each[0]))
        margin = ranking[0][1] - (ranking[1][1] if len(ranking) > 1 else 0.0) if ranking else 0.0
        uncertain = not ranking or not total or margin < voting.min_margin
        return Verdict(ranking, margin, uncertain, len(found.matches), found.spent)


def _votes(matches: Sequence[Match], key: str) -> dict[str, float]:
    votes: defaultdict[str, float] = defaultdict(float)
    for match in matches:
        stored = match.metadata.get(key)
        for label in stored if isinstance(stored, list) else [stored]:
            if isinstance(label, str):
                votes[label] += match.score
    return votes
