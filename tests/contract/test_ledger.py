"""The Ledger port: every event is kept once; the DynamoDB items are what the operator's queries rely on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_ledger import DynamoDbLedger
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.ledger import UNSETTLED, Ledger, LedgerEvent
from tests.fakes.models import InMemoryLedger

TABLE = "ledger"
Rows = tuple[Ledger, Callable[[], list[str]]]


def an_event(call_id: str = "c1", **changes: Any) -> LedgerEvent:
    event = LedgerEvent(
        call_id=call_id,
        at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
        tenant="acme",
        client="app",
        subject="anna",
        operation="chat.turn",
        reference="conv_1",
        model="us.amazon.nova-lite-v1:0",
        outcome="completed",
        usage=TokenUsage(100, 20, 5, 6),
        cost_usd=Decimal("0.0000108000"),
        stop_reason="end_turn",
        prices_as_of="2026-11-21",
    )
    return event._replace(**changes)


INTENT = an_event(outcome="uncertain", usage=TokenUsage(100, 0), cost_usd=None, stop_reason=None, error_code=UNSETTLED)


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client(
            "dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        )
        yield client


@pytest.fixture(params=["in memory", "dynamodb"])
def rows(request: pytest.FixtureRequest, dynamodb: Any) -> Rows:
    """A ledger, and the outcomes that stand in it."""
    if request.param == "in memory":
        fake = InMemoryLedger()
        return fake, lambda: [event.outcome for event in fake.events]
    ledger = DynamoDbLedger(dynamodb, table=TABLE, days=400)
    return ledger, lambda: [item["outcome"]["S"] for item in dynamodb.scan(TableName=TABLE)["Items"]]


class TestLedger:
    def test_keeps_every_event(self, rows: Rows) -> None:
        ledger, outcomes = rows
        ledger.record(an_event("c1"))
        ledger.record(an_event("c2"))
        assert outcomes() == ["completed"] * 2

    def test_counts_the_same_event_once(self, rows: Rows) -> None:
        ledger, outcomes = rows
        ledger.record(an_event())
        ledger.record(an_event())
        assert outcomes() == ["completed"]

    def test_an_intent_is_a_row_until_its_event_takes_its_place(self, rows: Rows) -> None:
        ledger, outcomes = rows
        ledger.intend(INTENT)
        assert outcomes() == ["uncertain"]
        ledger.record(an_event())
        assert outcomes() == ["completed"]

    def test_a_late_intent_changes_nothing(self, rows: Rows) -> None:
        ledger, outcomes = rows
        ledger.record(an_event())
        ledger.intend(INTENT)
        assert outcomes() == ["completed"]

    def test_an_intent_that_is_sent_again_is_one_row(self, rows: Rows) -> None:
        ledger, outcomes = rows
        ledger.intend(INTENT)
        ledger.intend(INTENT)
        assert outcomes() == ["uncertain"]

    def test_takes_an_event_with_little_in_it(self, rows: Rows) -> None:
        ledger, outcomes = rows
        ledger.record(an_event(cost_usd=None, stop_reason=None, usage=TokenUsage(0, 0), reference="", prices_as_of=""))
        assert outcomes() == ["completed"]


class TestDynamoDbItems:
    def test_an_intent_that_cannot_be_written_is_an_error(self, dynamodb: Any) -> None:
        with pytest.raises(ClientError):
            DynamoDbLedger(dynamodb, table="another", days=400).intend(INTENT)

    def test_an_intent_says_that_nothing_is_known_yet(self, dynamodb: Any) -> None:
        ledger = DynamoDbLedger(dynamodb, table=TABLE, days=400)
        ledger.intend(INTENT)
        (item,) = dynamodb.scan(TableName=TABLE)["Items"]
        assert (item["error_code"], item["cost_unknown"]) == ({"S": "unsettled"}, {"BOOL": True})
        ledger.record(an_event())
        (item,) = dynamodb.scan(TableName=TABLE)["Items"]
        assert "error_code" not in item and "cost_unknown" not in item

    def test_an_item_says_who_paid_what(self, dynamodb: Any) -> None:
        DynamoDbLedger(dynamodb, table=TABLE, days=400).record(an_event())
        (item,) = dynamodb.scan(TableName=TABLE)["Items"]
        assert item["pk"] == {"S": "acme#2026-11"}
        assert item["sk"] == {"S": "2026-11-21T09:30:00.000000+00:00#c1"}
        assert Decimal(item["cost_usd"]["N"]) == Decimal("0.0000108")
        assert [item[name]["N"] for name in ("input_tokens", "output_tokens", "cache_read_tokens")] == [
            "100",
            "20",
            "5",
        ]
        assert (item["model"], item["outcome"]) == ({"S": "us.amazon.nova-lite-v1:0"}, {"S": "completed"})
        kept = datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC)
        assert kept - datetime(2026, 11, 21, 9, 30, tzinfo=UTC) == timedelta(days=400)
        assert "cost_unknown" not in item

    def test_the_guardrails_part_of_the_cost_stands_by_itself(self, dynamodb: Any) -> None:
        ledger = DynamoDbLedger(dynamodb, table=TABLE, days=400)
        ledger.record(an_event("c1", outcome="blocked", guardrail_usd=Decimal("0.0008")))
        ledger.record(an_event("c2"))
        first, second = dynamodb.scan(TableName=TABLE)["Items"]
        assert (first["outcome"]["S"], Decimal(first["guardrail_usd"]["N"])) == ("blocked", Decimal("0.0008"))
        assert "guardrail_usd" not in second

    def test_an_unknown_cost_is_not_zero(self, dynamodb: Any) -> None:
        DynamoDbLedger(dynamodb, table=TABLE, days=400).record(an_event(cost_usd=None))
        (item,) = dynamodb.scan(TableName=TABLE)["Items"]
        assert "cost_usd" not in item
        assert item["cost_unknown"] == {"BOOL": True}

    def test_the_month_is_that_of_utc(self, dynamodb: Any) -> None:
        seoul = datetime(2026, 12, 1, 3, 0, tzinfo=timezone(timedelta(hours=9)))
        DynamoDbLedger(dynamodb, table=TABLE, days=1).record(an_event(at=seoul))
        (item,) = dynamodb.scan(TableName=TABLE)["Items"]
        assert item["pk"] == {"S": "acme#2026-11"}

    def test_a_month_reads_in_order_of_time(self, dynamodb: Any) -> None:
        ledger = DynamoDbLedger(dynamodb, table=TABLE, days=1)
        for second in (7, 3, 5):
            at = datetime(2026, 11, 21, 9, 0, second, second * 1000, tzinfo=UTC)
            ledger.record(an_event(f"c{second}", at=at))
        items = dynamodb.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "acme#2026-11"}},
        )["Items"]
        assert [item["sk"]["S"][-2:] for item in items] == ["c3", "c5", "c7"]
