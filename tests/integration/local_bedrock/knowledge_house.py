"""A Knowledge Base of a test's own, with the few calls that the tests make again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

ROLE = "arn:aws:iam::123456789012:role/knowledge"
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0"
FIXED = {
    "chunkingStrategy": "FIXED_SIZE",
    "fixedSizeChunkingConfiguration": {"maxTokens": 60, "overlapPercentage": 20},
}
S3_VECTORS = {
    "type": "S3_VECTORS",
    "s3VectorsConfiguration": {"indexArn": "arn:aws:s3vectors:us-east-1:123456789012:bucket/b/index/i"},
}
ENDS = {"INDEXED", "FAILED", "NOT_FOUND"}


def knowledge_base(name: str, storage: dict[str, Any] | None = None) -> dict[str, Any]:
    """CreateKnowledgeBase's parameters."""
    vector = {
        "embeddingModelArn": MODEL,
        "embeddingModelConfiguration": {"bedrockEmbeddingModelConfiguration": {"dimensions": 1024}},
    }
    return {
        "name": name,
        "roleArn": ROLE,
        "knowledgeBaseConfiguration": {"type": "VECTOR", "vectorKnowledgeBaseConfiguration": vector},
        "storageConfiguration": storage or S3_VECTORS,
    }


def attributes(**metadata: Any) -> dict[str, Any]:
    """Inline metadata."""

    def value(given: Any) -> dict[str, Any]:
        if isinstance(given, bool):
            return {"type": "BOOLEAN", "booleanValue": given}
        if isinstance(given, int | float):
            return {"type": "NUMBER", "numberValue": float(given)}
        if isinstance(given, list):
            return {"type": "STRING_LIST", "stringListValue": given}
        return {"type": "STRING", "stringValue": given}

    inline = [{"key": key, "value": value(each)} for key, each in metadata.items()]
    return {"type": "IN_LINE_ATTRIBUTE", "inlineAttributes": inline}


def inline(document_id: str, text: str, **metadata: Any) -> dict[str, Any]:
    """A custom document with its text."""
    custom = {
        "customDocumentIdentifier": {"id": document_id},
        "sourceType": "IN_LINE",
        "inlineContent": {"type": "TEXT", "textContent": {"data": text}},
    }
    document: dict[str, Any] = {"content": {"dataSourceType": "CUSTOM", "custom": custom}}
    return {**document, "metadata": attributes(**metadata)} if metadata else document


def in_s3(document_id: str, uri: str) -> dict[str, Any]:
    """A custom document whose content lies in S3."""
    custom = {
        "customDocumentIdentifier": {"id": document_id},
        "sourceType": "S3_LOCATION",
        "s3Location": {"uri": uri},
    }
    return {"content": {"dataSourceType": "CUSTOM", "custom": custom}}


class KnowledgeHouse:
    """`chunking` None = Bedrock's default."""

    def __init__(
        self,
        clients: Callable[[str], Any],
        name: str,
        *,
        chunking: dict[str, Any] | None = FIXED,
        storage: dict[str, Any] | None = None,
    ) -> None:
        self.clients = clients
        self.agent, self.runtime = clients("bedrock-agent"), clients("bedrock-agent-runtime")
        self.base = self.agent.create_knowledge_base(**knowledge_base(name, storage))["knowledgeBase"][
            "knowledgeBaseId"
        ]
        ingestion = {"vectorIngestionConfiguration": {"chunkingConfiguration": chunking}} if chunking else {}
        self.source = self.agent.create_data_source(
            knowledgeBaseId=self.base, name="documents", dataSourceConfiguration={"type": "CUSTOM"}, **ingestion
        )["dataSource"]["dataSourceId"]

    @property
    def ids(self) -> dict[str, str]:
        return {"knowledgeBaseId": self.base, "dataSourceId": self.source}

    def ingest(self, *documents: dict[str, Any]) -> list[dict[str, Any]]:
        """Details of all documents when all have come to an end."""
        self.agent.ingest_knowledge_base_documents(**self.ids, documents=list(documents))
        return self.settled(*(each["content"]["custom"]["customDocumentIdentifier"]["id"] for each in documents))

    def settled(self, *document_ids: str) -> list[dict[str, Any]]:
        """Waits until all documents are in a state that stays."""
        wanted = [{"dataSourceType": "CUSTOM", "custom": {"id": each}} for each in document_ids]
        for _ in range(1000):
            found: list[dict[str, Any]] = self.agent.get_knowledge_base_documents(
                **self.ids, documentIdentifiers=wanted
            )["documentDetails"]
            if all(each["status"] in ENDS for each in found):
                return found
            time.sleep(0.005)
        raise AssertionError(f"still going on: {found}")

    def delete(self, document_id: str) -> list[dict[str, Any]]:
        """Details when the document is gone."""
        wanted = [{"dataSourceType": "CUSTOM", "custom": {"id": document_id}}]
        self.agent.delete_knowledge_base_documents(**self.ids, documentIdentifiers=wanted)
        return self.settled(document_id)

    def retrieve(self, text: str, **configuration: Any) -> list[dict[str, Any]]:
        """Retrieval results."""
        search = {"retrievalConfiguration": {"vectorSearchConfiguration": configuration}} if configuration else {}
        answer = self.runtime.retrieve(knowledgeBaseId=self.base, retrievalQuery={"text": text}, **search)
        return list(answer["retrievalResults"])
