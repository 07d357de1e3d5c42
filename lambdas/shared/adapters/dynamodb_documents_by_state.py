"""All documents in one state, as the operator's commands need them; no function may scan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lambdas.shared.adapters.dynamodb_attributes import decoded, encoded
from lambdas.shared.adapters.dynamodb_document_items import BY_STATE, document_from, tenant_state
from lambdas.shared.domain.document import Document, DocumentState
from lambdas.shared.domain.timestamps import to_iso

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoDbDocumentsByState:
    """`DocumentsByState` on the index by state, which holds nothing that was summarized: a query for one tenant, a scan
    of that index alone for all of them."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def in_state(self, state: DocumentState, tenant: str | None, *, since: datetime | None) -> Iterator[Document]:
        start = to_iso(since) if since else "0"
        request: dict[str, Any] = {"TableName": self._table, "IndexName": BY_STATE}
        if tenant is None:
            pages = self._client.get_paginator("scan").paginate(
                **request,
                FilterExpression="#state = :state AND received_at >= :since",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=encoded({":state": state.value, ":since": start}),
            )
        else:
            pages = self._client.get_paginator("query").paginate(
                **request,
                KeyConditionExpression="tenant_state = :owner AND received_at >= :since",
                ExpressionAttributeValues=encoded({":owner": tenant_state(tenant, state), ":since": start}),
            )
        for page in pages:
            for item in map(decoded, page["Items"]):
                yield document_from(item["pk"], item)
