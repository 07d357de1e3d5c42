"""Nobody reaches another tenant's collections, whatever the names and filters: thousands of random calls."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lambdas.shared.domain.caller import Caller
from lambdas.shared.domain.errors import InvalidInputError, NotFoundError
from lambdas.shared.domain.filter_parsing import parse_filter
from lambdas.shared.services.collections import WantedCollection
from tests.unit.collections.shelf import Shelf, vector

TENANTS = ("acme", "acme2", "acm", "Acme", "acme#books", "other")
NAMES = ("books", "books2", "book", "b", "shared")
KEYS = (
    "tenant",
    "Tenant",
    "owner",
    "year",
    "quarry_tenant",
    "quarry_text",
    "AMAZON_BEDROCK_TEXT",
    "$and",
    "$or",
    "none",
)
SHAPE = WantedCollection(model="none", dimensions=2, metric="euclidean")


def caller(tenant: str) -> Caller:
    return Caller(tenant=tenant, client="c", subject="s")


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    """Every tenant has some of the same names; each item says whose it is."""
    made = Shelf()
    for place, tenant in enumerate(TENANTS):
        for name in NAMES[place % 2 :]:
            made.create(name, SHAPE, tenant=tenant)
            items = [vector(f"{tenant}-{n}", [float(n), float(place)], owner=tenant, year=2015 + n) for n in range(5)]
            made.items.put(caller(tenant), name, items)
    return made


def a_filter(dice: random.Random, depth: int = 0) -> Any:
    """Anything that a caller may try, most of it aimed at others."""
    kind = dice.random()
    if kind < 0.25 and depth < 3:
        return {dice.choice(("$and", "$or")): [a_filter(dice, depth + 1) for _ in range(dice.randint(0, 3))]}
    value: Any = dice.choice((*TENANTS, 2016, True, None, [], ["acme", "other"]))
    operator = dice.choice(("$eq", "$ne", "$in", "$nin", "$exists", "$gt", "$not", ""))
    return {dice.choice(KEYS): {operator: value} if operator else value}


def test_ten_thousand_random_searches_show_nothing_of_anybody_else(shelf: Shelf) -> None:
    dice = random.Random(20261125)
    answered = seen = refused = unknown = 0
    while answered < 10_000:
        tenant = dice.choice(TENANTS)
        foreign = (*(f"{other}/books" for other in TENANTS), "../other/books", "acme#books")
        name = dice.choice(NAMES if dice.random() < 0.9 else foreign)
        try:
            where = parse_filter(a_filter(dice)) if dice.random() < 0.7 else None
            point = [dice.uniform(-1, 6), dice.uniform(-1, 6)]
            found = shelf.items.search(caller(tenant), name, point, top_k=dice.randint(1, 100), where=where)
        except InvalidInputError:
            refused += 1
            continue
        except NotFoundError:
            unknown += 1
            continue
        assert {match.metadata["owner"] for match in found.matches} <= {tenant}
        answered += 1
        seen += len(found.matches)
    assert min(seen, refused, unknown) > 500, "all three must have happened for this to mean anything"


def test_random_writes_and_deletes_change_nothing_of_anybody_else(shelf: Shelf) -> None:
    dice = random.Random(7)
    before = shelf.lookup.one("other", "shared"), shelf.items.page("other", "shared", limit=100, cursor=None)
    for _ in range(2_000):
        tenant = dice.choice([each for each in TENANTS if each != "other"])
        name = dice.choice((*NAMES, "other-shared"))
        ids = [f"other-{n}" for n in range(5)]
        call = dice.choice(
            (
                lambda tenant=tenant, name=name: shelf.collections.delete(tenant, name),
                lambda tenant=tenant, name=name: shelf.collections.create(tenant, name, SHAPE),
                lambda tenant=tenant, name=name, ids=ids: shelf.items.delete(tenant, name, ids),
                lambda tenant=tenant, name=name, ids=ids: shelf.items.put(
                    caller(tenant), name, [vector(each, [0.0, 0.0], owner=tenant) for each in ids]
                ),
                lambda tenant=tenant, name=name: shelf.items.page(tenant, name, limit=9, cursor="after:other-1"),
            )
        )
        try:
            answer = call()
        except NotFoundError:
            continue
        shown = getattr(answer, "items", ())
        assert all(item.metadata["owner"] == tenant for item in shown)
    after = shelf.lookup.one("other", "shared"), shelf.items.page("other", "shared", limit=100, cursor=None)
    assert after == before and len(after[1].items) == 5


def test_lists_show_the_own_ones_alone(shelf: Shelf) -> None:
    for tenant in TENANTS:
        assert all(each.tenant == tenant for each in shelf.collections.page(tenant, limit=100, after=None).items)
