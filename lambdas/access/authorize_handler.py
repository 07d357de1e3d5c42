"""TOKEN authorizer: a bearer key in, the client's identity for the functions out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lambdas.shared.adapters.aws_clients import dynamodb
from lambdas.shared.adapters.dynamodb_client_directory import DynamoDbClientDirectory
from lambdas.shared.domain.client import UnauthorizedError
from lambdas.shared.runtime.observability import write_line
from lambdas.shared.runtime.settings import load_settings
from lambdas.shared.services.authorize_client import AuthorizeClient


@dataclass(frozen=True)
class Settings:
    """The function's environment."""

    clients_table: str


@cache
def build_service() -> AuthorizeClient:
    """Pick the adapters."""
    settings = load_settings(Settings)
    return AuthorizeClient(clients=DynamoDbClientDirectory(dynamodb(), table=settings.clients_table))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Allow the whole stage, because API Gateway caches one policy for all routes; routes check scopes themselves."""
    try:
        client = build_service().authorize(event.get("authorizationToken") or "")
    except UnauthorizedError as error:
        write_line({"level": "INFO", "outcome": "unauthorized", "reason": str(error)})
        # API Gateway answers 401 to exactly this text, 500 to any other error, 403 to a Deny.
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
        raise Exception("Unauthorized") from None  # noqa: TRY002
    return {
        "principalId": f"{client.tenant}/{client.client_id}",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": _stage(event["methodArn"])}],
        },
        "context": {
            "client": client.client_id,
            "tenant": client.tenant,
            "scopes": " ".join(sorted(client.scopes)),
        },
    }


def _stage(method_arn: str) -> str:
    """`arn:...:api/stage/GET/path` -> `arn:...:api/stage/*/*`."""
    api, stage, _ = method_arn.split("/", 2)
    return f"{api}/{stage}/*/*"
