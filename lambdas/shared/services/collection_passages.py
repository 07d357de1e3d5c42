"""Passages for a question from a collection of one's own: the question is embedded, and its neighbours are passages."""

from __future__ import annotations

from typing import Protocol

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.metadata import Metadata
from lambdas.shared.domain.metadata_filter import MetadataFilter
from lambdas.shared.domain.passage_retriever import Passage, PassageQuery
from lambdas.shared.services.collection_items import Match, SearchResult


class SearchesCollections(Protocol):
    """`CollectionItems`, of which only this is needed."""

    def search(
        self, caller: Caller, name: str, wanted: str, *, top_k: int, where: MetadataFilter | None = None
    ) -> SearchResult: ...


class CollectionPassageRetriever:
    """A `PassageRetriever` over one collection, for one caller, who pays for embedding the question.

    An item is a passage: its metadata may name the document (`document_id`, else the item's own id), the page (`page`,
    from 1) and the place in the document's text (`start` and `end`, in characters). Items without a text are none.
    Scores are those of the collection's search. `retrieve` also raises NotFoundError (no such collection) and what
    embedding raises.
    """

    def __init__(self, *, items: SearchesCollections, caller: Caller, collection: str) -> None:
        self._items = items
        self._caller = caller
        self._collection = collection

    def retrieve(self, query: PassageQuery) -> list[Passage]:
        if query.tenant != self._caller.tenant:  # a defect of the caller's wiring; must not find anything
            raise ValueError("a retriever finds the passages of its own caller's tenant alone")
        found = self._items.search(self._caller, self._collection, query.text, top_k=query.top_k, where=query.filter)
        return [_passage(match, match.text) for match in found.matches if match.text is not None]


def _passage(match: Match, text: str) -> Passage:
    document = match.metadata.get("document_id")
    return Passage(
        id=match.id,
        text=text,
        document_id=document if isinstance(document, str) and document else match.id,
        score=match.score,
        metadata=match.metadata,
        page=_whole(match.metadata, "page", least=1),
        start=_whole(match.metadata, "start", least=0),
        end=_whole(match.metadata, "end", least=0),
    )


def _whole(metadata: Metadata, key: str, *, least: int) -> int | None:
    """A number of the metadata, which stores give back as a float or a whole number; None for anything else."""
    value = metadata.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < least:
        return None
    return int(value)
