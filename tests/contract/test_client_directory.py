"""Every client directory behaves alike: the fake and the one on DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from lambdas.shared.domain.client import Client, ClientDirectory, KeyInUseError, hash_key
from tests.fakes.clients import InMemoryClientDirectory

KEY = hash_key("qk_secret")
CLIENT = Client(
    client_id="shop",
    tenant="acme",
    scopes=frozenset({"chat", "documents"}),
    key_hash=KEY,
    expires_at=datetime(2027, 1, 1, tzinfo=UTC),
)


@pytest.fixture(params=["memory", "dynamodb"])
def directory(request: pytest.FixtureRequest) -> Iterator[ClientDirectory]:
    if request.param == "memory":
        yield InMemoryClientDirectory()
        return
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName="clients",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield DynamoDbClientDirectory(client, table="clients")


class TestClientDirectory:
    def test_finds_a_client_by_its_keys_hash(self, directory: ClientDirectory) -> None:
        directory.add(CLIENT)
        assert directory.find(KEY) == CLIENT

    def test_keeps_a_disabled_client_without_expiry_and_scopes(self, directory: ClientDirectory) -> None:
        client = replace(CLIENT, state="disabled", expires_at=None, scopes=frozenset())
        directory.add(client)
        assert directory.find(KEY) == client

    def test_knows_nothing_of_an_unknown_key(self, directory: ClientDirectory) -> None:
        directory.add(CLIENT)
        assert directory.find(hash_key("qk_other")) is None

    def test_a_tenant_exists_from_its_first_client_on(self, directory: ClientDirectory) -> None:
        assert not directory.tenant_exists("acme")
        directory.add(CLIENT)
        assert directory.tenant_exists("acme")
        assert not directory.tenant_exists("acm")

    def test_adding_the_same_client_again_updates_it(self, directory: ClientDirectory) -> None:
        directory.add(CLIENT)
        wider = replace(CLIENT, scopes=frozenset({"admin"}))
        directory.add(wider)
        assert directory.find(KEY) == wider

    @pytest.mark.parametrize("other", [replace(CLIENT, tenant="rival"), replace(CLIENT, client_id="app")])
    def test_a_key_cannot_pass_to_another_client(self, directory: ClientDirectory, other: Client) -> None:
        directory.add(CLIENT)
        with pytest.raises(KeyInUseError):
            directory.add(other)
        assert directory.find(KEY) == CLIENT
        assert not directory.tenant_exists("rival")
