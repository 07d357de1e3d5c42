"""Builds a REST API out of CloudFormation resources, as a deployed template would have them, and calls it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from local.api import ApiFront
from tests.integration.local_functions.workshop import ACCOUNT, REGION, Workshop

_LAMBDA = f"arn:aws:apigateway:{REGION}:lambda:path"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class GatewayHouse:
    """`api` is deployed at the first call; resources have to be there by then."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self._front: ApiFront | None = None
        self._paths: dict[str, str] = {"": "root-id"}
        self._count = 0
        workshop.resource("AWS::ApiGateway::RestApi", "Api", "api1", Name="quarry")

    def stage(self, **properties: Any) -> None:
        self.resource("Stage", StageName="prod", **properties)

    def resource(self, kind: str, **properties: Any) -> str:
        self._count += 1
        physical_id = f"{kind.lower()}-{self._count}"
        return self.workshop.resource(
            f"AWS::ApiGateway::{kind}", f"{kind}{self._count}", physical_id, RestApiId="api1", **properties
        )

    def method(self, route: str, integration: Mapping[str, Any], **properties: Any) -> None:
        http_method, path = route.split()
        self.resource(
            "Method",
            HttpMethod=http_method,
            ResourceId=self._resource_id(path.rstrip("/")),
            Integration=integration,
            **{"AuthorizationType": "NONE", **properties},
        )

    def proxy(self, route: str, function: str, *, mode: str = "BUFFERED", uri: str = "", **properties: Any) -> None:
        """`uri` may be another mode than `mode`, to make a broken template; `timeout` is in milliseconds."""
        streams = (uri or mode) == "STREAM"
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
        version, call = ("2021-11-15", "response-streaming-") if streams else ("2015-03-31", "")
        integration = {
            "Type": "AWS_PROXY",
            "Uri": f"{_LAMBDA}/{version}/functions/{arn}/{call}invocations",
            "TimeoutInMillis": properties.pop("timeout", 29_000),
            **({"ResponseTransferMode": mode} if mode == "STREAM" else {}),
        }
        self.method(route, integration, **properties)

    def authorizer(self, function: str, *, pattern: str = "^Bearer .+$", ttl: int = 60) -> dict[str, str]:
        """Properties for a method that it guards."""
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
        made = self.resource(
            "Authorizer",
            Type="TOKEN",
            AuthorizerUri=f"{_LAMBDA}/2015-03-31/functions/{arn}/invocations",
            IdentitySource="method.request.header.Authorization",
            IdentityValidationExpression=pattern,
            AuthorizerResultTtlInSeconds=ttl,
        )
        return {"AuthorizationType": "CUSTOM", "AuthorizerId": made}

    @property
    def front(self) -> ApiFront:
        if self._front is None:
            self._front = ApiFront(self.workshop.deployment(), self.workshop.host(), port=0)
            self._front.start()
        return self._front

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.front.url).netloc, timeout=60)

    def call(self, route: str, body: bytes | None = None, **headers: str) -> Answer:
        method, path = route.split()
        connection = self.connect()
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            content = response.read()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)
        finally:
            connection.close()

    def close(self) -> None:
        if self._front is not None:
            self._front.close()

    def _resource_id(self, path: str) -> str:
        if path not in self._paths:
            parent, _, part = path.rpartition("/")
            self._paths[path] = self.resource("Resource", ParentId=self._resource_id(parent), PathPart=part)
        return self._paths[path]
