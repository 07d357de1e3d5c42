"""Plain values as DynamoDB writes them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item = dict[str, Any]


def encoded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values in DynamoDB's own notation."""
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in values.items()}


def decoded(item: Mapping[str, Any]) -> Item:
    """The inverse of `encoded`; numbers are Decimals."""
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in item.items()}
