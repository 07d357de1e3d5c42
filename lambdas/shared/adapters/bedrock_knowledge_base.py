"""The documents of a Bedrock Knowledge Base's custom data source: ingested, looked at and deleted directly.

https://docs.aws.amazon.com/bedrock/latest/userguide/kb-direct-ingestion.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.adapters.knowledge_base_errors import knowledge_base_error
from lambdas.shared.domain.knowledge.knowledge_base import Ingestion, Standing, StoredDocument
from lambdas.shared.domain.metadata_filter import MetadataValue

_STANDINGS: Mapping[str, Standing] = {
    "NOT_FOUND": Standing.ABSENT,
    "STARTING": Standing.INGESTING,
    "PENDING": Standing.INGESTING,
    "IN_PROGRESS": Standing.INGESTING,
    "INDEXED": Standing.INDEXED,
    "PARTIALLY_INDEXED": Standing.PARTLY_INDEXED,
    "METADATA_PARTIALLY_INDEXED": Standing.PARTLY_INDEXED,
    "DELETING": Standing.DELETING,
    "DELETE_IN_PROGRESS": Standing.DELETING,
}  # FAILED, IGNORED, METADATA_UPDATE_FAILED and what is new: FAILED


class BedrockKnowledgeBase:
    """`KnowledgeBase`. `client` is boto3's of `bedrock-agent`, with one attempt: the queue repeats."""

    def __init__(self, client: Any, *, knowledge_base_id: str, data_source_id: str) -> None:
        self._client = client
        self._source = {"knowledgeBaseId": knowledge_base_id, "dataSourceId": data_source_id}

    def look(self, document_ids: Sequence[str]) -> dict[str, StoredDocument]:
        wanted = [_identifier(each) for each in document_ids]
        found = self._details(self._client.get_knowledge_base_documents, documentIdentifiers=wanted)
        return {each: found.get(each, StoredDocument(each, Standing.ABSENT)) for each in document_ids}

    def ingest(self, documents: Sequence[Ingestion]) -> dict[str, StoredDocument]:
        written = [_document(each) for each in documents]
        return self._details(self._client.ingest_knowledge_base_documents, documents=written)

    def delete(self, document_ids: Sequence[str]) -> None:
        wanted = [_identifier(each) for each in document_ids]
        self._details(self._client.delete_knowledge_base_documents, documentIdentifiers=wanted)

    def all(self) -> Iterator[StoredDocument]:
        more: dict[str, str] = {}
        while True:
            answer = self._call(self._client.list_knowledge_base_documents, **more)
            yield from (_stored(detail) for detail in answer["documentDetails"])
            if not answer.get("nextToken"):
                return
            more = {"nextToken": answer["nextToken"]}

    def _details(self, call: Callable[..., Any], **given: Any) -> dict[str, StoredDocument]:
        stored = (_stored(detail) for detail in self._call(call, **given).get("documentDetails", ()))
        return {each.document_id: each for each in stored}

    def _call(self, call: Callable[..., Any], **given: Any) -> Any:
        try:
            return call(**self._source, **given)
        except (ClientError, BotoCoreError) as error:
            raise knowledge_base_error(error, "The Knowledge Base") from error


def _identifier(document_id: str) -> dict[str, Any]:
    return {"dataSourceType": "CUSTOM", "custom": {"id": document_id}}


def _document(ingestion: Ingestion) -> dict[str, Any]:
    custom = {
        "customDocumentIdentifier": {"id": ingestion.document_id},
        "sourceType": "S3_LOCATION",
        "s3Location": {"uri": ingestion.uri},
    }
    attributes = [{"key": key, "value": _value(value)} for key, value in ingestion.metadata.items()]
    return {
        "content": {"dataSourceType": "CUSTOM", "custom": custom},
        "metadata": {"type": "IN_LINE_ATTRIBUTE", "inlineAttributes": attributes},
    }


def _value(value: MetadataValue) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"type": "BOOLEAN", "booleanValue": value}
    if isinstance(value, str):
        return {"type": "STRING", "stringValue": value}
    return {"type": "NUMBER", "numberValue": float(value)}


def _stored(detail: Mapping[str, Any]) -> StoredDocument:
    changed_at: datetime | None = detail.get("updatedAt")
    return StoredDocument(
        document_id=str(detail["identifier"]["custom"]["id"]),
        standing=_STANDINGS.get(detail["status"], Standing.FAILED),
        reason=str(detail.get("statusReason", "")),
        changed_at=changed_at,
    )
