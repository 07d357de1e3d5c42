"""Where a deployment looks for passages: its Knowledge Base, or a collection that the caller names."""

from __future__ import annotations

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.collection import check_collection_name
from lambdas.shared.domain.errors import FieldError, InvalidInputError
from lambdas.shared.domain.metadata_filter import MetadataFilter
from lambdas.shared.domain.passage_retriever import PassageRetriever
from lambdas.shared.domain.rag.passage_sources import PassageSource, RetrievalCost
from lambdas.shared.services.collection_items import SearchResult
from lambdas.shared.services.collection_passages import CollectionPassageRetriever, SearchesCollections

_NO_KNOWLEDGE_BASE = (
    "this deployment has no Knowledge Base (its setting knowledge_base is none); name one of your collections"
)


class DeployedPassageSources:
    """`PassageSources`. `knowledge_base` None = the deployment has none."""

    def __init__(self, *, knowledge_base: PassageRetriever | None, items: SearchesCollections) -> None:
        self._knowledge_base = knowledge_base
        self._items = items

    def source(self, caller: Caller, collection: str | None) -> PassageSource:
        """See `PassageSources`."""
        if collection is not None:
            _check_name(collection)
            search = _CountedSearch(self._items)
            return PassageSource(
                CollectionPassageRetriever(items=search, caller=caller, collection=collection), search.spent
            )
        if self._knowledge_base is None:
            raise InvalidInputError(
                f"/collection: {_NO_KNOWLEDGE_BASE}.", errors=(FieldError("/collection", _NO_KNOWLEDGE_BASE),)
            )
        return PassageSource(self._knowledge_base)


def _check_name(collection: str) -> None:
    """The same rule as where collections are made; the field has another name here."""
    try:
        check_collection_name(collection)
    except InvalidInputError as error:
        (field,) = error.errors
        detail = f"/collection: {field.detail}."
        raise InvalidInputError(detail, errors=(FieldError("/collection", field.detail),)) from error


class _CountedSearch:
    """Searches of one question, and what embedding it took."""

    def __init__(self, items: SearchesCollections) -> None:
        self._items = items
        self._cost = RetrievalCost()

    def search(
        self, caller: Caller, name: str, wanted: str, *, top_k: int, where: MetadataFilter | None = None
    ) -> SearchResult:
        found = self._items.search(caller, name, wanted, top_k=top_k, where=where)
        self._cost = RetrievalCost(TokenUsage(found.spent.input_tokens, 0), found.spent.cost_usd)
        return found

    def spent(self) -> RetrievalCost:
        return self._cost
