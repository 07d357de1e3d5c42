"""A collection that is named is searched for its caller; without one, the Knowledge Base, or a clear refusal."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.metadata_filter import Comparison, MetadataFilter
from lambdas.shared.domain.passage_retriever import PassageQuery
from lambdas.shared.domain.rag.passage_sources import RetrievalCost
from lambdas.shared.services.collection_items import Match, SearchResult, Spent
from lambdas.shared.services.deployed_sources import DeployedPassageSources
from tests.fakes.passages import InMemoryPassageRetriever
from tests.unit.rag.stage import ANN, MILL

YOUNG = Comparison("year", "$gt", 1800)


class ScriptedItems:
    """Finds one item in every collection; `asked` keeps who searched where for what."""

    def __init__(self) -> None:
        self.asked: list[tuple[Caller, str, str, int, MetadataFilter | None]] = []

    def search(
        self, caller: Caller, name: str, wanted: str, *, top_k: int, where: MetadataFilter | None = None
    ) -> SearchResult:
        self.asked.append((caller, name, wanted, top_k, where))
        spent = Spent("acme.embed", 7, Decimal("0.002"))
        return SearchResult([Match("i1", 0.8, 0.2, "The mill.", {"page": 3})], "cosine", spent)


def test_a_collection_is_searched_for_its_caller_and_its_cost_is_told() -> None:
    items = ScriptedItems()
    source = DeployedPassageSources(knowledge_base=None, items=items).source(ANN, "mills")
    assert source.spent() == RetrievalCost()
    (passage,) = source.retriever.retrieve(PassageQuery(ANN.tenant, "When?", 4, YOUNG))
    assert (passage.id, passage.text, passage.score, passage.page) == ("i1", "The mill.", 0.8, 3)
    assert items.asked == [(ANN, "mills", "When?", 4, YOUNG)]
    assert source.spent() == RetrievalCost(TokenUsage(7, 0), Decimal("0.002"))


def test_without_a_collection_the_knowledge_base_is_asked() -> None:
    knowledge_base = InMemoryPassageRetriever({"acme": [MILL]})
    source = DeployedPassageSources(knowledge_base=knowledge_base, items=ScriptedItems()).source(ANN, None)
    assert source.retriever is knowledge_base


@pytest.mark.parametrize("collection", [None, "Bad Name", ""])
def test_no_knowledge_base_and_no_collection_names_the_field(collection: str | None) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        DeployedPassageSources(knowledge_base=None, items=ScriptedItems()).source(ANN, collection)
    assert refusal.value.errors[0].pointer == "/collection"
    assert str(refusal.value).startswith("/collection: ")
