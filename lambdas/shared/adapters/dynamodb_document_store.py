"""The document records in DynamoDB.

Keys: pk `<tenant>`; sk `document#<document id>` for records, `reuse#<content hash>#<prompt version>#<model>` for
summaries that can be used again. The index `by-time` (pk, received_at) holds the records alone: the others have no
`received_at`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from lambdas.shared.adapters.dynamodb_document_items import (
    completion_attributes,
    document_from,
    received_attributes,
    step_attributes,
    summary_attributes,
)
from lambdas.shared.domain.document import (
    MAY_FOLLOW,
    Completion,
    Document,
    DocumentState,
    Step,
    StoredResult,
    state_after,
)
from lambdas.shared.domain.document_store import DocumentPage, ReuseKey
from lambdas.shared.domain.dropped_object import is_document_id
from lambdas.shared.domain.errors import FieldError, InvalidInputError, SupersededError
from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.failure import Failure
from lambdas.shared.domain.summary import Summary, summary_from
from lambdas.shared.domain.timestamps import from_iso, to_iso

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_BY_TIME = "by-time"
_DOCUMENT = "document#"
# A rare state in a large inbox: answer a short page with a cursor rather than read on and on.
_MOST_QUERIES = 10
_FILTERED_QUERY = 200

Item = dict[str, Any]


class DynamoDbDocumentStore:
    """`DocumentStore`; every change is one conditional write."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        self._client = client
        self._table = table

    def register(self, document: Document) -> Document:
        item = {**_document_key(document.tenant, document.document_id), **received_attributes(document)}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_encoded(item),
                ConditionExpression="attribute_not_exists(pk) OR sequencer_rank < :rank",
                ExpressionAttributeValues=_encoded({":rank": item["sequencer_rank"]}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not _is_refused(error):
                raise
            return document_from(document.tenant, _decoded(error.response["Item"]))  # type: ignore[typeddict-item]
        return document

    def claim(self, run: SummaryRun, step: Step) -> None:
        self._enter(run, DocumentState.RUNNING, {}, (step,))

    def record_step(self, run: SummaryRun, step: Step) -> None:
        self._update(run, {}, (step,), states=None)

    def complete(
        self, run: SummaryRun, completion: Completion, *, result: StoredResult, steps: tuple[Step, ...]
    ) -> None:
        self._enter(run, DocumentState.SUMMARIZED, completion_attributes(completion, result), steps)

    def fail(self, run: SummaryRun, failure: Failure, *, cost_usd: Decimal | None) -> None:
        changes: Item = {"error": {"code": failure.code, "detail": failure.detail}}
        if cost_usd is not None:
            changes["cost_usd"] = cost_usd
        self._enter(run, state_after(failure), changes, ())

    def get(self, tenant: str, document_id: str) -> Document | None:
        item = self._get(_document_key(tenant, document_id))
        return None if item is None else document_from(tenant, item)

    def page(self, tenant: str, *, state: DocumentState | None, limit: int, cursor: str | None) -> DocumentPage:
        start = _start_key(tenant, cursor) if cursor is not None else None
        found: list[Item] = []
        for _ in range(_MOST_QUERIES):
            items, start = self._query(tenant, state, limit + 1, start)
            found += items
            if start is None or len(found) > limit:
                break
        if len(found) > limit:
            found = found[:limit]
            start = {name: found[-1][name] for name in ("pk", "sk", "received_at")}
        return DocumentPage(tuple(document_from(tenant, item) for item in found), _cursor(start) if start else None)

    def find_reusable(self, tenant: str, reuse: ReuseKey) -> Summary | None:
        item = self._get(_reuse_key(tenant, reuse))
        return None if item is None else summary_from(item["summary"])

    def keep_reusable(self, tenant: str, reuse: ReuseKey, summary: Summary) -> None:
        item = {**_reuse_key(tenant, reuse), "summary": summary_attributes(summary)}
        self._client.put_item(TableName=self._table, Item=_encoded(item))

    def _enter(self, run: SummaryRun, state: DocumentState, changes: Item, steps: tuple[Step, ...]) -> None:
        self._update(run, {"state": state.value, **changes}, steps, states=MAY_FOLLOW[state])

    def _update(
        self, run: SummaryRun, changes: Item, steps: tuple[Step, ...], *, states: frozenset[DocumentState] | None
    ) -> None:
        names = {"#steps": "steps", "#state": "state"} if steps else {"#state": "state"}
        values: Item = {":execution": run.execution}
        sets = []
        for number, (name, value) in enumerate(changes.items()):
            names[f"#c{number}"], values[f":c{number}"] = name, value
            sets.append(f"#c{number} = :c{number}")
        for number, step in enumerate(steps):
            names[f"#s{number}"], values[f":s{number}"] = step.name, step_attributes(step)
            sets.append(f"#steps.#s{number} = :s{number}")
        before = sorted(states or DocumentState)
        values |= {f":b{number}": state.value for number, state in enumerate(before)}
        allowed = ", ".join(f":b{number}" for number in range(len(before)))
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_encoded(_document_key(run.tenant, run.document_id)),
                UpdateExpression="SET " + ", ".join(sets),
                ConditionExpression=f"execution = :execution AND #state IN ({allowed})",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=_encoded(values),
            )
        except ClientError as error:
            if _is_refused(error):
                raise SupersededError(f"{run.document_id} does not belong to this execution any more") from error
            raise

    def _get(self, key: Item) -> Item | None:
        answer = self._client.get_item(TableName=self._table, Key=_encoded(key), ConsistentRead=True)
        return _decoded(answer["Item"]) if "Item" in answer else None

    def _query(
        self, tenant: str, state: DocumentState | None, wanted: int, start: Item | None
    ) -> tuple[list[Item], Item | None]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": _BY_TIME,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": tenant},
            "ScanIndexForward": False,
            "Limit": wanted if state is None else _FILTERED_QUERY,
        }
        if state is not None:
            request["FilterExpression"] = "#state = :state"
            request["ExpressionAttributeNames"] = {"#state": "state"}
            request["ExpressionAttributeValues"][":state"] = state.value
        if start is not None:
            request["ExclusiveStartKey"] = _encoded(start)
        request["ExpressionAttributeValues"] = _encoded(request["ExpressionAttributeValues"])
        answer = self._client.query(**request)
        last = answer.get("LastEvaluatedKey")
        return [_decoded(item) for item in answer["Items"]], _decoded(last) if last else None


def _document_key(tenant: str, document_id: str) -> Item:
    return {"pk": tenant, "sk": _DOCUMENT + document_id}


def _reuse_key(tenant: str, reuse: ReuseKey) -> Item:
    return {"pk": tenant, "sk": f"reuse#{reuse.content_hash}#{reuse.prompt_version}#{reuse.model}"}


def _cursor(start: Item) -> str:
    """Without the tenant: it is the caller's, whatever the cursor says."""
    document_id = str(start["sk"]).removeprefix(_DOCUMENT)
    return base64.urlsafe_b64encode(json.dumps([start["received_at"], document_id]).encode()).decode().rstrip("=")


def _start_key(tenant: str, cursor: str) -> Item:
    try:
        received_at, document_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if received_at != to_iso(from_iso(received_at)) or not is_document_id(document_id):
            raise _bad_cursor()  # nor may DynamoDB see it: a key that is too long is an error of ours there
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        raise _bad_cursor() from error
    return {**_document_key(tenant, document_id), "received_at": received_at}


def _bad_cursor() -> InvalidInputError:
    return InvalidInputError("A query parameter is wrong.", errors=(FieldError("/cursor", "a page's next_cursor"),))


def _is_refused(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _encoded(values: Mapping[str, Any]) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in values.items()}


def _decoded(item: Mapping[str, Any]) -> Item:
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in item.items()}
