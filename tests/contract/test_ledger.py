"""The Ledger port: every event is kept once; the DynamoDB items are what the operator's queries rely on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_ledger import DynamoDbLedger
from lambdas.shared.domain.chat_model import TokenUsage
from lambdas.shared.domain.ledger import Ledger, LedgerEvent
from tests.fakes.models import InMemoryLedger

TABLE = "ledger"


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
def ledger_and_count(request: pytest.FixtureRequest, dynamodb: Any) -> tuple[Ledger, Any]:
    if request.param == "in memory":
        fake = InMemoryLedger()
        return fake, lambda: len(fake.events)
    return DynamoDbLedger(dynamodb, table=TABLE, days=400), lambda: dynamodb.scan(TableName=TABLE)["Count"]


class TestLedger:
    def test_keeps_every_event(self, ledger_and_count: tuple[Ledger, Any]) -> None:
        ledger, count = ledger_and_count
        ledger.record(an_event("c1"))
        ledger.record(an_event("c2"))
        assert count() == 2

    def test_counts_the_same_event_once(self, ledger_and_count: tuple[Ledger, Any]) -> None:
        ledger, count = ledger_and_count
        ledger.record(an_event())
        ledger.record(an_event())
        assert count() == 1

    def test_takes_an_event_with_little_in_it(self, ledger_and_count: tuple[Ledger, Any]) -> None:
        ledger, count = ledger_and_count
        ledger.record(an_event(cost_usd=None, stop_reason=None, usage=TokenUsage(0, 0), reference="", prices_as_of=""))
        assert count() == 1


class TestDynamoDbItems:
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
