"""What an operator reads about leftovers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ops.leftovers.kind import Size
from ops.leftovers.prices import BUCKET_STORAGE, GIGABYTE, LOG_STORAGE, TABLE_RECOVERY, TABLE_STORAGE
from ops.leftovers.report import bytes_text, lines, money
from tests.unit.ops.shelf import InMemoryKind, inventory, leftover

KIND = InMemoryKind({})


def thing(name: str, usd: str = "0", **values: object):
    return leftover(KIND, name, size=Size(GIGABYTE, Decimal(usd)), **values)


class TestLines:
    def test_nothing_is_one_sentence(self) -> None:
        assert lines(inventory()) == ["nothing remains"]

    def test_every_resource_has_its_line_and_the_last_one_is_the_sum(self) -> None:
        first, second, total = lines(inventory(thing("a", "0.45"), thing("longer", "12.1")))
        assert first == "thing      a       1.0 GB  $0.45/month"
        assert second == "thing      longer  1.0 GB  $12.10/month"
        assert total.startswith("total: $12.55/month at list price (us-east-1, 20")

    def test_a_count_that_stopped_early_is_a_lower_bound_also_in_the_sum(self) -> None:
        size = Size(
            GIGABYTE, Decimal("0.023"), "more than 100,000 object versions, counting stopped there", partial=True
        )
        line, total = lines(inventory(leftover(KIND, "a", size=size)))
        assert "at least 1.0 GB  at least $0.02/month  (more than 100,000" in line
        assert total.startswith("total: at least $0.02/month")

    def test_what_cannot_be_measured_says_why_and_is_not_free(self) -> None:
        line, _, total = lines(inventory(leftover(KIND, "a", problem="AccessDenied"), thing("b", "1")))
        assert line.endswith("size unknown: AccessDenied")
        assert total.startswith("total: at least $1.00/month")

    def test_beside_standing_stacks_old_data_is_told_from_data_in_use(self) -> None:
        found = inventory(thing("a", in_use=True), thing("b", in_use=False), thing("c"), stacks=("Quarry-Storage",))
        first, second, third, _ = lines(found)
        assert first.endswith("(in use)")
        assert second.endswith("(left behind by an earlier deployment)")
        assert third.endswith("/month")

    def test_what_stores_nothing_is_only_counted(self) -> None:
        nothing, also = lines(inventory(others={"lambda": 3, "iam": 2}))
        assert nothing == "nothing remains"
        assert also.startswith("also tagged, storing nothing: 2 iam, 3 lambda")


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "$0.00"), ("0.000001", "<$0.01"), ("0.01", "$0.01"), ("1234.5", "$1,234.50")],
)
def test_money_never_rounds_to_nothing(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KB"), (5 * 2**20, "5.0 MB"), (3 * 2**40, "3,072.0 GB")],
)
def test_sizes_are_binary(count: int, text: str) -> None:
    assert bytes_text(count) == text


def test_prices_are_per_gigabyte_and_month() -> None:
    hundred = 100 * GIGABYTE
    prices = (TABLE_STORAGE, TABLE_RECOVERY, BUCKET_STORAGE, LOG_STORAGE)
    assert [price.of(hundred) for price in prices] == [Decimal(25), Decimal(20), Decimal("2.3"), Decimal(3)]
    assert all(price.source.startswith("https://aws.amazon.com/") for price in prices)
