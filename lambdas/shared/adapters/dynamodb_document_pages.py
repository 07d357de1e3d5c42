"""Lists of document records: queries on the indexes of the documents table, never a scan, and their cursors."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lambdas.shared.adapters.dynamodb_attributes import Item, decoded, encoded
from lambdas.shared.adapters.dynamodb_document_items import (
    BY_STATE,
    BY_TIME,
    document_from,
    document_id_of,
    document_key,
    tenant_state,
)
from lambdas.shared.domain.document import DONE
from lambdas.shared.domain.document_store import DocumentFilter, DocumentPage
from lambdas.shared.domain.dropped_object import is_document_id
from lambdas.shared.domain.errors import FieldError, InvalidInputError
from lambdas.shared.domain.timestamps import from_iso, to_iso

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# A rare name in a large inbox: answer a short page with a cursor rather than read on and on.
_MOST_QUERIES = 10
_FILTERED_QUERY = 200
_BEGINNING, _END = "0", "9999-12-31T23:59:59.999Z"
_INSTANT = timedelta(milliseconds=1)


class DynamoDbDocumentPages:
    """Reads pages of one table."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def page(self, tenant: str, wanted: DocumentFilter, *, limit: int, cursor: str | None) -> DocumentPage:
        """See `DocumentStore.page`."""
        request = {"TableName": self._table, "ScanIndexForward": False, **_query(tenant, wanted)}
        request["Limit"] = _FILTERED_QUERY if "FilterExpression" in request else limit + 1
        start = _start_key(tenant, wanted, cursor) if cursor is not None else None
        found: list[Item] = []
        for items, last in self._answers(request, start):
            found += items
            start = last
            if len(found) > limit:
                found = found[:limit]
                start = found[-1]
                break
        documents = tuple(document_from(tenant, item) for item in found)
        return DocumentPage(documents, _cursor(start) if start else None)

    def _answers(self, request: dict[str, Any], start: Item | None) -> Iterator[tuple[list[Item], Item | None]]:
        """Pages of items, each with the key after which the next one would begin."""
        for _ in range(_MOST_QUERIES):
            more: dict[str, Any] = {"ExclusiveStartKey": encoded(start)} if start else {}
            answer = self._client.query(**request, **more)
            start = decoded(answer["LastEvaluatedKey"]) if "LastEvaluatedKey" in answer else None
            yield [decoded(item) for item in answer["Items"]], start
            if start is None:
                return


def _query(tenant: str, wanted: DocumentFilter) -> dict[str, Any]:
    """Times are part of the key; a state is too, unless nearly everything is in it."""
    first, last = _times(wanted)
    values: Item = {":first": first, ":last": last}
    filters, names = [], {}
    if wanted.state is None or wanted.state in DONE:
        index, partition, values[":owner"] = BY_TIME, "pk", tenant
    else:
        index, partition, values[":owner"] = BY_STATE, "tenant_state", tenant_state(tenant, wanted.state)
    if wanted.state in DONE:
        filters.append("#state = :state")
        names["#state"], values[":state"] = "state", str(wanted.state)
    if wanted.key_prefix:
        filters.append("begins_with(#key, :prefix)")
        names["#key"], values[":prefix"] = "key", wanted.key_prefix
    query: dict[str, Any] = {
        "IndexName": index,
        "KeyConditionExpression": f"{partition} = :owner AND received_at BETWEEN :first AND :last",
        "ExpressionAttributeValues": encoded(values),
    }
    return {**query, "FilterExpression": " AND ".join(filters), "ExpressionAttributeNames": names} if filters else query


def _times(wanted: DocumentFilter) -> tuple[str, str]:
    """The first and the last instant that belong to it; the index counts in milliseconds."""
    first = to_iso(wanted.since) if wanted.since else _BEGINNING
    return first, to_iso(wanted.until - _INSTANT) if wanted.until else _END


def _cursor(start: Item) -> str:
    """Without the tenant: it is the caller's, whatever the cursor says."""
    position = json.dumps([start["received_at"], document_id_of(start)])
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _start_key(tenant: str, wanted: DocumentFilter, cursor: str) -> Item:
    """Nothing else may DynamoDB see: a key that is too long, or outside the query's times, is an error there."""
    first, last = _times(wanted)
    try:
        received_at, document_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        known = received_at == to_iso(from_iso(received_at)) and is_document_id(document_id)
        if not known or not first <= received_at <= last:
            raise _bad_cursor()
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        raise _bad_cursor() from error
    start = {**document_key(tenant, document_id), "received_at": received_at}
    if wanted.state is None or wanted.state in DONE:
        return start
    return {**start, "tenant_state": tenant_state(tenant, wanted.state)}


def _bad_cursor() -> InvalidInputError:
    remedy = "a page's next_cursor, unchanged, with the same since and until"
    return InvalidInputError(f"/cursor: must be {remedy}.", errors=(FieldError("/cursor", remedy),))
