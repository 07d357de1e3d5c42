"""Every client registry behaves alike: the fake and the one on DynamoDB, beside the directory that authorizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from lambdas.shared.adapters.dynamodb_client_registry import DynamoDbClientRegistry
from lambdas.shared.domain.client import Client, hash_key
from lambdas.shared.domain.client_registry import KeyChangedError
from tests.fakes.clients import InMemoryClientDirectory

OLD = Client(
    client_id="shop",
    tenant="acme",
    scopes=frozenset({"chat"}),
    key_hash=hash_key("qk_first"),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
NEW = replace(OLD, key_hash=hash_key("qk_second"), created_at=datetime(2026, 6, 1, tzinfo=UTC))
ENDING = replace(OLD, expires_at=datetime(2026, 6, 2, tzinfo=UTC))


@pytest.fixture(params=["memory", "dynamodb"])
def house(request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any]]:
    """(directory, registry) over the same clients."""
    if request.param == "memory":
        fake = InMemoryClientDirectory()
        yield fake, fake
        return
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="clients",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        directory = DynamoDbClientDirectory(client, table="clients")
        yield directory, DynamoDbClientRegistry(client, table="clients")


class TestClientRegistry:
    def test_knows_all_clients_and_no_tenants(self, house: tuple[Any, Any]) -> None:
        directory, registry = house
        stranger = replace(OLD, tenant="rival", key_hash=hash_key("qk_third"), created_at=None)
        for each in (OLD, NEW, stranger):
            directory.add(each)
        assert {each.key_hash: each for each in registry.clients()} == {
            each.key_hash: each for each in (OLD, NEW, stranger)
        }

    def test_is_empty_at_first(self, house: tuple[Any, Any]) -> None:
        assert list(house[1].clients()) == []

    def test_disables_and_enables(self, house: tuple[Any, Any]) -> None:
        directory, registry = house
        directory.add(OLD)
        registry.set_state(OLD, "disabled")
        assert directory.find(OLD.key_hash) == replace(OLD, state="disabled")
        registry.set_state(OLD, "active")
        assert directory.find(OLD.key_hash) == OLD

    def test_makes_no_client_by_disabling_one_that_is_gone(self, house: tuple[Any, Any]) -> None:
        directory, registry = house
        with pytest.raises(KeyChangedError):
            registry.set_state(OLD, "disabled")
        assert directory.find(OLD.key_hash) is None

    def test_replaces_a_key_and_lets_the_old_one_end(self, house: tuple[Any, Any]) -> None:
        directory, registry = house
        directory.add(OLD)
        registry.replace(ENDING, NEW)
        assert (directory.find(OLD.key_hash), directory.find(NEW.key_hash)) == (ENDING, NEW)

    def test_replaces_nothing_where_the_old_key_is_disabled_or_gone(self, house: tuple[Any, Any]) -> None:
        directory, registry = house
        with pytest.raises(KeyChangedError):
            registry.replace(ENDING, NEW)
        directory.add(replace(OLD, state="disabled"))
        with pytest.raises(KeyChangedError):
            registry.replace(ENDING, NEW)
        assert directory.find(NEW.key_hash) is None
        assert directory.find(OLD.key_hash) == replace(OLD, state="disabled")

    def test_never_takes_a_key_that_somebody_holds(self, house: tuple[Any, Any]) -> None:
        directory, registry = house
        holder = replace(NEW, tenant="rival")
        directory.add(OLD)
        directory.add(holder)
        with pytest.raises(KeyChangedError):
            registry.replace(ENDING, NEW)
        assert (directory.find(OLD.key_hash), directory.find(NEW.key_hash)) == (OLD, holder)
