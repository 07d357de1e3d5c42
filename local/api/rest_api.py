"""A REST API as its template defines it: methods with their integrations, authorizers, stage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.deployment import DeployedResource, Deployment

_FUNCTION_URI = re.compile(r"/functions/arn:[^:]+:lambda:[^:]+:[^:]*:function:([^:/]+)[^/]*/([\w-]+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """`streams` is the method's ResponseTransferMode, `uri_streams` what the URI invokes; they have to agree.

    `definition` is the template's Integration object, from which the mock integrations take their templates.
    """

    type: str
    function_name: str | None
    streams: bool
    uri_streams: bool
    timeout_seconds: float
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of one resource, e.g. GET of /conversations/{id}; `http_method` may be ANY."""

    http_method: str
    resource_id: str
    resource_path: str
    authorization_type: str
    authorizer_id: str | None
    integration: Integration


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """A TOKEN authorizer. `header` is where its token stands; results are kept for `ttl_seconds`."""

    id: str
    function_name: str
    header: str
    pattern: str | None
    ttl_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RestApi:
    """The first REST API of a deployment with its stage."""

    id: str
    account: str
    region: str
    stage: str
    stage_variables: Mapping[str, str] | None
    method_settings: tuple[Mapping[str, Any], ...]
    methods: tuple[Method, ...]
    authorizers: Mapping[str, Authorizer]
    gateway_responses: tuple[Mapping[str, Any], ...]
    binary_media_types: tuple[str, ...]


def read_rest_api(deployment: Deployment) -> RestApi:
    """Raises `LookupError` if the deployment has no REST API."""
    api = next(iter(deployment.of_type("AWS::ApiGateway::RestApi")), None)
    if api is None:
        raise LookupError("the deployed stacks have no AWS::ApiGateway::RestApi")
    stages = [stage.properties for stage in _of_api(deployment, "AWS::ApiGateway::Stage", api)]
    stage = stages[0] if stages else {}
    authorizers = (_authorizer(found) for found in _of_api(deployment, "AWS::ApiGateway::Authorizer", api))
    return RestApi(
        id=api.physical_id,
        account=deployment.account,
        region=deployment.region,
        stage=str(stage.get("StageName", "prod")),
        stage_variables=stage.get("Variables"),
        method_settings=tuple(stage.get("MethodSettings", ())),
        methods=_methods(deployment, api),
        authorizers={authorizer.id: authorizer for authorizer in authorizers},
        gateway_responses=tuple(
            found.properties for found in _of_api(deployment, "AWS::ApiGateway::GatewayResponse", api)
        ),
        binary_media_types=tuple(api.properties.get("BinaryMediaTypes", ())),
    )


def _of_api(deployment: Deployment, resource_type: str, api: DeployedResource) -> list[DeployedResource]:
    return [
        resource
        for resource in deployment.of_type(resource_type)
        if resource.properties.get("RestApiId", api.physical_id) == api.physical_id
    ]


def _methods(deployment: Deployment, api: DeployedResource) -> tuple[Method, ...]:
    resources = {found.physical_id: found for found in _of_api(deployment, "AWS::ApiGateway::Resource", api)}

    def path(resource_id: str) -> str:
        resource = resources.get(resource_id)
        if resource is None:  # whatever is no resource of its own is the API's root
            return ""
        return f"{path(resource.properties['ParentId'])}/{resource.properties['PathPart']}"

    return tuple(
        _method(found.properties, path(found.properties["ResourceId"]) or "/")
        for found in _of_api(deployment, "AWS::ApiGateway::Method", api)
    )


def _method(properties: Mapping[str, Any], path: str) -> Method:
    return Method(
        http_method=properties["HttpMethod"],
        resource_id=properties["ResourceId"],
        resource_path=path,
        authorization_type=properties.get("AuthorizationType", "NONE"),
        authorizer_id=properties.get("AuthorizerId"),
        integration=_integration(properties.get("Integration", {})),
    )


def _integration(definition: Mapping[str, Any]) -> Integration:
    uri = _FUNCTION_URI.search(str(definition.get("Uri", "")))
    return Integration(
        type=definition.get("Type", "MOCK"),
        function_name=uri[1] if uri else None,
        streams=definition.get("ResponseTransferMode", "BUFFERED") == "STREAM",
        uri_streams=bool(uri) and uri[2] == "response-streaming-invocations" if uri else False,
        timeout_seconds=int(definition.get("TimeoutInMillis", 29_000)) / 1000,
        definition=definition,
    )


def _authorizer(resource: DeployedResource) -> Authorizer:
    properties = resource.properties
    uri = _FUNCTION_URI.search(str(properties.get("AuthorizerUri", "")))
    if properties.get("Type") != "TOKEN" or uri is None:
        raise LookupError(f"{resource.logical_id}: only TOKEN authorizers with a Lambda function run here")
    source = str(properties.get("IdentitySource", "method.request.header.Authorization"))
    return Authorizer(
        id=resource.physical_id,
        function_name=uri[1],
        header=source.removeprefix("method.request.header."),
        pattern=properties.get("IdentityValidationExpression"),
        ttl_seconds=float(properties.get("AuthorizerResultTtlInSeconds", 300)),
    )
