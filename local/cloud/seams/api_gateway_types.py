"""The API Gateway types that moto's CloudFormation lacks, made in moto's API Gateway, so that its API shows them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from moto.apigateway import models

from local.cloud.seams.patching import replace
from local.cloud.seams.resource_types import Created, Creation, add_type


def _backend(creation: Creation) -> Any:
    return models.apigateway_backends[creation.account][creation.region]


def _create_stage(creation: Creation) -> Created:
    properties = creation.properties
    name = str(properties["StageName"])
    _backend(creation).create_stage(
        properties["RestApiId"],
        name,
        properties["DeploymentId"],
        variables=properties.get("Variables"),
        description=properties.get("Description", ""),
        tracing_enabled=properties.get("TracingEnabled"),
    )
    return Created(ref=name)


def _create_authorizer(creation: Creation) -> Created:
    properties = creation.properties
    authorizer = _backend(creation).create_authorizer(
        properties["RestApiId"],
        properties["Name"],
        properties["Type"],
        provider_arns=properties.get("ProviderARNs"),
        auth_type=properties.get("AuthType"),
        authorizer_uri=properties.get("AuthorizerUri"),
        authorizer_credentials=properties.get("AuthorizerCredentials"),
        identity_source=properties.get("IdentitySource"),
        identiy_validation_expression=properties.get("IdentityValidationExpression"),
        authorizer_result_ttl=properties.get("AuthorizerResultTtlInSeconds"),
    )
    return Created(ref=authorizer.id, attributes={"AuthorizerId": authorizer.id})


def _create_gateway_response(creation: Creation) -> Created:
    properties = creation.properties
    _backend(creation).put_gateway_response(
        properties["RestApiId"],
        properties["ResponseType"],
        properties.get("StatusCode"),
        properties.get("ResponseParameters", {}),
        properties.get("ResponseTemplates", {}),
    )
    return Created(ref=creation.name, attributes={"Id": creation.name})


def _complete_method(original: Callable[..., Any]) -> Callable[..., Any]:
    """moto insists on a URI, which MOCK integrations (CORS preflight) lack, and forgets the authorizer."""

    def create(cls: Any, resource_name: str, cloudformation_json: Any, *args: Any, **kwargs: Any) -> Any:
        properties = cloudformation_json["Properties"]
        integration = {"IntegrationHttpMethod": "POST", "Uri": "", **properties.get("Integration", {"Type": "MOCK"})}
        completed = {**cloudformation_json, "Properties": {**properties, "Integration": integration}}
        method = original(cls, resource_name, completed, *args, **kwargs)
        method.authorizer_id = properties.get("AuthorizerId")
        return method

    return create


@cache
def install() -> None:
    """Add Stage, Authorizer and GatewayResponse; complete Method."""
    add_type("AWS::ApiGateway::Stage", _create_stage)
    add_type("AWS::ApiGateway::Authorizer", _create_authorizer, attributes=frozenset({"AuthorizerId"}))
    add_type("AWS::ApiGateway::GatewayResponse", _create_gateway_response, attributes=frozenset({"Id"}))
    replace(models.Method, "create_from_cloudformation_json", _complete_method)
