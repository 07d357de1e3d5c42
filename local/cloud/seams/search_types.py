"""The types of OpenSearch Serverless that a Knowledge Base can stand on: names and ARNs, nothing is searched there."""

from __future__ import annotations

import secrets
import string
from functools import cache

from local.cloud.seams.resource_types import Created, Creation, add_type

_ID = string.ascii_lowercase + string.digits
_POLICIES = ("AccessPolicy", "SecurityPolicy", "Index")


def _create_collection(creation: Creation) -> Created:
    collection_id = "".join(secrets.choice(_ID) for _ in range(20))
    arn = f"arn:aws:aoss:{creation.region}:{creation.account}:collection/{collection_id}"
    endpoint = f"https://{collection_id}.{creation.region}.aoss.amazonaws.com"
    attributes = {"Arn": arn, "Id": collection_id, "CollectionEndpoint": endpoint}
    return Created(ref=collection_id, attributes=attributes)


def _create_named(creation: Creation) -> Created:
    return Created(ref=str(creation.properties.get("Name") or creation.properties.get("IndexName") or creation.name))


@cache
def install() -> None:
    """Add the types."""
    add_type(
        "AWS::OpenSearchServerless::Collection",
        _create_collection,
        attributes=frozenset({"Arn", "Id", "CollectionEndpoint"}),
    )
    for name in _POLICIES:
        add_type(f"AWS::OpenSearchServerless::{name}", _create_named)
