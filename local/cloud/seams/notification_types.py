"""The CloudFormation types of notifications that moto lacks, made in moto's EventBridge and SNS."""

from __future__ import annotations

from functools import cache

from moto.events.models import events_backends
from moto.sns.models import sns_backends

from local.cloud.seams.resource_types import Created, Creation, add_type


def _create_connection(creation: Creation) -> Created:
    properties = creation.properties
    made = events_backends[creation.account][creation.region].create_connection(
        properties.get("Name", creation.name),
        properties.get("Description", ""),
        properties["AuthorizationType"],
        dict(properties["AuthParameters"]),
    )
    return Created(ref=made.name, attributes={"Arn": made.arn, "SecretArn": made.secret_arn})


def _create_destination(creation: Creation) -> Created:
    properties = creation.properties
    name = properties.get("Name", creation.name)
    backend = events_backends[creation.account][creation.region]
    backend.create_api_destination(
        name,
        properties.get("Description", ""),
        properties["ConnectionArn"],
        properties["InvocationEndpoint"],
        str(properties.get("InvocationRateLimitPerSecond", 300)),
        properties["HttpMethod"],
    )
    return Created(ref=name, attributes={"Arn": backend.destinations[name].arn})


def _create_subscription(creation: Creation) -> Created:
    properties = creation.properties
    made = sns_backends[creation.account][creation.region].subscribe(
        properties["TopicArn"], properties["Endpoint"], properties["Protocol"]
    )
    return Created(ref=made.arn)


@cache
def install() -> None:
    """Add Connection, ApiDestination and Subscription."""
    add_type("AWS::Events::Connection", _create_connection, attributes=frozenset({"Arn", "SecretArn"}))
    add_type("AWS::Events::ApiDestination", _create_destination, attributes=frozenset({"Arn"}))
    add_type("AWS::SNS::Subscription", _create_subscription)
