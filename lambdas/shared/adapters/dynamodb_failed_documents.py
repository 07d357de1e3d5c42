"""Every document that failed, as the operator's commands need it; no function may scan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lambdas.shared.adapters.dynamodb_document_items import BY_STATE, decoded, document_from, encoded, tenant_state
from lambdas.shared.domain.document import Document, DocumentState
from lambdas.shared.domain.timestamps import to_iso

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_FAILED = DocumentState.FAILED


class DynamoDbFailedDocuments:
    """`FailedDocuments` on the index by state, which does not hold what was summarized: a tenant's by a query, those of
    all tenants by a scan of that index alone."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def failed(self, tenant: str | None, *, since: datetime | None) -> Iterator[Document]:
        start = to_iso(since) if since else "0"
        request: dict[str, Any] = {"TableName": self._table, "IndexName": BY_STATE}
        if tenant is None:
            pages = self._client.get_paginator("scan").paginate(
                **request,
                FilterExpression="#state = :failed AND received_at >= :since",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=encoded({":failed": _FAILED.value, ":since": start}),
            )
        else:
            pages = self._client.get_paginator("query").paginate(
                **request,
                KeyConditionExpression="tenant_state = :owner AND received_at >= :since",
                ExpressionAttributeValues=encoded({":owner": tenant_state(tenant, _FAILED), ":since": start}),
            )
        for page in pages:
            for item in map(decoded, page["Items"]):
                yield document_from(item["pk"], item)
