"""The authorizer with API Gateway's event, on moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.access import authorize_handler
from lambdas.shared.adapters import aws_clients
from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from lambdas.shared.domain.client import Client, hash_key
from tests.fakes.api_gateway import EVENTS


@pytest.fixture(autouse=True)
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDbClientDirectory]:
    monkeypatch.setenv("CLIENTS_TABLE", "clients")
    aws_clients.dynamodb.cache_clear()
    authorize_handler.build_service.cache_clear()
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        dynamodb.create_table(
            TableName="clients",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        directory = DynamoDbClientDirectory(dynamodb, table="clients")
        directory.add(Client("local", "local", frozenset({"documents", "chat"}), hash_key("qk_local")))
        directory.add(
            Client(
                "old", "local", frozenset({"chat"}), hash_key("qk_expired"), expires_at=datetime(2020, 1, 1, tzinfo=UTC)
            )
        )
        directory.add(Client("off", "local", frozenset({"chat"}), hash_key("qk_disabled"), state="disabled"))
        yield directory
    aws_clients.dynamodb.cache_clear()
    authorize_handler.build_service.cache_clear()


def event(authorization: str | None = None) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((EVENTS / "token_authorizer.json").read_text())
    return made if authorization is None else {**made, "authorizationToken": authorization}


def test_allows_the_whole_stage_because_one_policy_is_cached_for_all_routes() -> None:
    answer = authorize_handler.handler(event(), None)
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/v1/*/*",
    }


def test_tells_the_functions_who_calls_in_flat_strings() -> None:
    answer = authorize_handler.handler(event(), None)
    assert answer["context"] == {"client": "local", "tenant": "local", "scopes": "chat documents"}
    assert answer["principalId"] == "local/local"


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        ("", "malformed"),
        ("Bearer x", "malformed"),
        ("Bearer qk_unknown", "unknown"),
        ("Bearer qk_expired", "expired"),
        ("Bearer qk_disabled", "disabled"),
    ],
)
def test_every_bad_key_gets_the_same_401(authorization: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception) as refused:
        authorize_handler.handler(event(authorization), None)
    assert (type(refused.value), str(refused.value)) == (Exception, "Unauthorized")
    line = capsys.readouterr().out
    assert json.loads(line)["reason"] == reason
    assert "qk_" not in line


def test_an_event_without_a_token_is_unauthorized() -> None:
    bare = event()
    del bare["authorizationToken"]
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize_handler.handler(bare, None)
