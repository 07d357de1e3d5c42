"""AWS::S3Vectors::VectorBucket, VectorBucketPolicy and Index, made in the local S3 Vectors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.s3vectors.models import s3vectors_backends

from local.cloud.seams.resource_types import Created, Creation, add_type
from local.cloud.seams.vector_indexes import create_index


def _backend(creation: Creation) -> Any:
    return s3vectors_backends[creation.account]["aws"]


def _name(given: str | None, creation: Creation) -> str:
    return given or creation.name.lower()[-63:].strip("-")


def _create_bucket(creation: Creation) -> Created:
    properties = creation.properties
    name = _name(properties.get("VectorBucketName"), creation)
    backend = _backend(creation)
    backend.create_vector_bucket(
        creation.region, name, _encryption(properties.get("EncryptionConfiguration", {})), _tags(properties)
    )
    arn = backend.get_vector_bucket(vector_bucket_name=name).vector_bucket_arn
    return Created(ref=arn, attributes={"VectorBucketArn": arn})


def _create_policy(creation: Creation) -> Created:
    properties = creation.properties
    bucket = properties.get("VectorBucketName"), properties.get("VectorBucketArn")
    policy = properties["Policy"]
    text = policy if isinstance(policy, str) else json.dumps(policy)
    _backend(creation).put_vector_bucket_policy(*bucket, text)
    return Created(ref=str(bucket[1] or bucket[0]))


def _create_index(creation: Creation) -> Created:
    properties = creation.properties
    keys = properties.get("MetadataConfiguration", {}).get("NonFilterableMetadataKeys", [])
    given = {
        "vectorBucketName": properties.get("VectorBucketName"),
        "vectorBucketArn": properties.get("VectorBucketArn"),
        "indexName": _name(properties.get("IndexName"), creation),
        "dataType": properties["DataType"],
        "dimension": int(properties["Dimension"]),
        "distanceMetric": properties["DistanceMetric"],
        "metadataConfiguration": {"nonFilterableMetadataKeys": keys},
        "tags": _tags(properties),
    }
    arn = create_index(_backend(creation), given).index_arn
    return Created(ref=arn, attributes={"IndexArn": arn})


def _encryption(properties: Mapping[str, Any]) -> dict[str, str]:
    names = {"SseType": "sseType", "KmsKeyArn": "kmsKeyArn"}
    return {names[name]: value for name, value in properties.items()}


def _tags(properties: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


@cache
def install() -> None:
    """Add the three types."""
    add_type("AWS::S3Vectors::VectorBucket", _create_bucket, attributes=frozenset({"VectorBucketArn"}))
    add_type("AWS::S3Vectors::VectorBucketPolicy", _create_policy)
    add_type("AWS::S3Vectors::Index", _create_index, attributes=frozenset({"IndexArn"}))
