"""The document records in DynamoDB: every change is one conditional write; keys are in `dynamodb_document_items`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.shared.adapters.dynamodb_attributes import Item, decoded, encoded
from lambdas.shared.adapters.dynamodb_document_items import (
    completion_attributes,
    document_from,
    document_key,
    received_attributes,
    state_attributes,
    step_attributes,
)
from lambdas.shared.adapters.dynamodb_document_pages import DynamoDbDocumentPages
from lambdas.shared.adapters.dynamodb_reusable_summaries import DynamoDbReusableSummaries
from lambdas.shared.adapters.dynamodb_writes import CONDITION_FAILED, is_error
from lambdas.shared.domain.document import (
    MAY_FOLLOW,
    UNDER_WAY,
    Completion,
    Document,
    DocumentState,
    Step,
    StoredResult,
    state_after,
)
from lambdas.shared.domain.document_store import DocumentFilter, DocumentPage
from lambdas.shared.domain.dropped_object import DeletedObject, sequencer_rank
from lambdas.shared.domain.errors import SupersededError
from lambdas.shared.domain.execution import SummaryRun
from lambdas.shared.domain.failure import Failure

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoDbDocumentStore(DynamoDbReusableSummaries):
    """`DocumentStore`."""

    def __init__(self, client: DynamoDBClient, *, table: str) -> None:
        super().__init__(client, table=table)
        self._pages = DynamoDbDocumentPages(client, table=table)

    def register(self, document: Document) -> Document:
        item = {**document_key(document.tenant, document.document_id), **received_attributes(document)}
        present = {name: value for name, value in item.items() if value is not None}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=encoded(present),
                ConditionExpression="attribute_not_exists(pk) OR sequencer_rank < :rank",
                ExpressionAttributeValues=encoded({":rank": item["sequencer_rank"]}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            standing = _standing(document.tenant, error)
            if standing is None:
                raise
            return standing
        return document

    def mark_deleted(self, tenant: str, deletion: DeletedObject) -> Document | None:
        version = deletion.version
        changes = {**state_attributes(tenant, DocumentState.DELETED), "execution": deletion.execution}
        if deletion.permanent:
            condition, values = "version_id = :version", {":version": version.version_id}
        else:
            rank = sequencer_rank(version.sequencer)
            condition, values = "sequencer_rank < :rank", {":rank": rank}
            changes |= {"sequencer": version.sequencer, "sequencer_rank": rank}
        return self._change(document_key(tenant, version.document_id), tenant, changes, condition, values)

    def start_again(self, run: SummaryRun, *, after: str) -> Document | None:
        changes: Item = {
            **state_attributes(run.tenant, DocumentState.RECEIVED),
            "execution": run.execution,
            "attempt": run.attempt,
            "steps": {},
            "error": None,
            "cost_usd": None,
        }
        values = {":after": after, ":failed": DocumentState.FAILED.value}
        condition = "execution = :after AND #state = :failed"
        return self._change(document_key(run.tenant, run.document_id), run.tenant, changes, condition, values)

    def claim(self, run: SummaryRun, step: Step) -> None:
        self._enter(run, DocumentState.RUNNING, {}, (step,))

    def record_step(self, run: SummaryRun, step: Step) -> None:
        self._update(run, {}, (step,), states=UNDER_WAY)

    def complete(
        self, run: SummaryRun, completion: Completion, *, result: StoredResult, steps: tuple[Step, ...]
    ) -> None:
        self._enter(run, DocumentState.SUMMARIZED, completion_attributes(completion, result), steps)

    def fail(self, run: SummaryRun, failure: Failure, *, cost_usd: Decimal | None) -> None:
        changes: Item = {"error": {"code": failure.code, "detail": failure.detail}, "cost_usd": cost_usd}
        self._enter(run, state_after(failure), changes, ())

    def get(self, tenant: str, document_id: str) -> Document | None:
        item = self._get(document_key(tenant, document_id))
        return None if item is None else document_from(tenant, item)

    def page(self, tenant: str, wanted: DocumentFilter, *, limit: int, cursor: str | None) -> DocumentPage:
        return self._pages.page(tenant, wanted, limit=limit, cursor=cursor)

    def _enter(self, run: SummaryRun, state: DocumentState, changes: Item, steps: tuple[Step, ...]) -> None:
        self._update(run, {**state_attributes(run.tenant, state), **changes}, steps, states=MAY_FOLLOW[state])

    def _update(
        self, run: SummaryRun | Document, changes: Item, steps: tuple[Step, ...], *, states: frozenset[DocumentState]
    ) -> None:
        before = {f":b{number}": state.value for number, state in enumerate(sorted(states))}
        condition = f"execution = :execution AND #state IN ({', '.join(before)})"
        try:
            self._client.update_item(
                TableName=self._table,
                Key=encoded(document_key(run.tenant, run.document_id)),
                **_expressions(changes, steps, condition, {":execution": run.execution, **before}),
            )
        except ClientError as error:
            if is_error(error, CONDITION_FAILED):
                raise SupersededError(f"{run.document_id} does not belong to this execution any more") from error
            raise

    def _change(self, key: Item, tenant: str, changes: Item, condition: str, values: Item) -> Document | None:
        """The record after the change, or the one that stands in its way; None where there is none."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=encoded(key),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **_expressions(changes, (), condition, values),
            )
        except ClientError as error:
            if is_error(error, CONDITION_FAILED):
                return _standing(tenant, error)
            raise
        return document_from(tenant, decoded(answer["Attributes"]))


def _standing(tenant: str, error: ClientError) -> Document | None:
    """The record because of which a write was refused; None where there was none, or for another error."""
    item: Any = error.response.get("Item")
    return document_from(tenant, decoded(item)) if is_error(error, CONDITION_FAILED) and item else None


def _expressions(changes: Item, steps: tuple[Step, ...], condition: str, values: Item) -> dict[str, Any]:
    """An UpdateItem that sets `changes`, removes those that are None, and adds `steps`."""
    names: dict[str, str] = {"#state": "state"} if "#state" in condition else {}
    values = dict(values)
    sets, removed = [], []
    for number, (name, value) in enumerate(changes.items()):
        names[f"#c{number}"] = name
        if value is None:
            removed.append(f"#c{number}")
        else:
            values[f":c{number}"] = value
            sets.append(f"#c{number} = :c{number}")
    if steps:
        names["#steps"] = "steps"
    for number, step in enumerate(steps):
        names[f"#s{number}"], values[f":s{number}"] = step.name, step_attributes(step)
        sets.append(f"#steps.#s{number} = :s{number}")
    remove = f" REMOVE {', '.join(removed)}" if removed else ""
    return {
        "UpdateExpression": f"SET {', '.join(sets)}{remove}",
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": encoded(values),
    }
