"""Records of the Knowledge Base's documents, in the documents table beside those of the inbox."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from lambdas.shared.adapters.dynamodb_attributes import Item, encoded
from lambdas.shared.adapters.dynamodb_document_items import document_key, received_attributes, state_attributes
from lambdas.shared.adapters.dynamodb_document_store import DynamoDbDocumentStore
from lambdas.shared.adapters.dynamodb_writes import CONDITION_FAILED, is_error
from lambdas.shared.domain.document import MAY_FOLLOW, Document, DocumentState, Step
from lambdas.shared.domain.failure import Failure


class DynamoDbKnowledgeRecords(DynamoDbDocumentStore):
    """`KnowledgeRecords`."""

    def enter(
        self, document: Document, state: DocumentState, *, step: Step | None = None, failure: Failure | None = None
    ) -> None:
        changes: Item = state_attributes(document.tenant, state)
        if failure is not None:
            changes |= {"error": {"code": failure.code, "detail": failure.detail}}
        self._update(document, changes, (step,) if step else (), states=MAY_FOLLOW[state])

    def take_over(self, document: Document, *, after: str | None) -> bool:
        item = {**document_key(document.tenant, document.document_id), **received_attributes(document)}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if after is not None:
            values = encoded({":after": after})
            condition = {"ConditionExpression": "execution = :after", "ExpressionAttributeValues": values}
        present = {name: value for name, value in item.items() if value is not None}
        try:
            self._client.put_item(TableName=self._table, Item=encoded(present), **condition)
        except ClientError as error:
            if is_error(error, CONDITION_FAILED):
                return False
            raise
        return True
