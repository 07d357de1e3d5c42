"""API Gateway's events for the documents' functions, and clients that each test makes anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws

from lambdas.shared.adapters import aws_clients

Send = Callable[..., tuple[int, Any]]


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty AWS account. Clients are made once per process, and so would outlive it."""
    monkeypatch.setenv("CORS_ORIGINS", "*")
    clients = [getattr(aws_clients, name) for name in ("dynamodb", "s3", "s3_signer", "step_functions")]
    with mock_aws():
        for client in clients:
            client.cache_clear()
        yield
        for client in clients:
            client.cache_clear()


@pytest.fixture
def send() -> Send:
    def sent(
        handler: Callable[[Any, Any], Any],
        route: str,
        body: object = None,
        *,
        document_id: str | None = None,
        tenant: str = "acme",
        scopes: str = "documents",
        key: str | None = None,
        **query: str,
    ) -> tuple[int, Any]:
        method, resource = route.split()
        event = {
            "httpMethod": method,
            "resource": resource,
            "pathParameters": {"id": document_id} if document_id else None,
            "queryStringParameters": query or None,
            "headers": {"idempotency-key": key} if key else {},
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {
                "requestId": "r1",
                "authorizer": {"client": "c1", "tenant": tenant, "scopes": scopes},
            },
        }
        context = SimpleNamespace(aws_request_id="a1", get_remaining_time_in_millis=lambda: 29_000)
        answer = handler(event, context)
        return answer["statusCode"], json.loads(answer["body"])

    return sent
