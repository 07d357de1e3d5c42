"""Knowledge Bases and their data sources: what was asked for, the ids that it got, and what was ingested."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from local.bedrock.brain import Vectors
from local.bedrock.knowledge.document_book import DocumentBook
from local.bedrock.knowledge.passages import PassageIndex, StoredPassage
from local.bedrock.knowledge.vector_storage import put_passages, remove_passages, vector_index
from local.environment import ACCOUNT

_ID = string.ascii_uppercase + string.digits
_DESCRIBED = ("name", "description", "roleArn", "knowledgeBaseConfiguration", "storageConfiguration")
_SOURCE_DESCRIBED = (
    "name",
    "description",
    "dataSourceConfiguration",
    "serverSideEncryptionConfiguration",
    "vectorIngestionConfiguration",
)


def new_id() -> str:
    """Ten letters and digits, as all resources of `bedrock-agent` have."""
    return "".join(secrets.choice(_ID) for _ in range(10))


def now() -> datetime:
    """With its zone, as service models want it."""
    return datetime.now(UTC)


@dataclass(slots=True)
class DataSource:
    """`request`: CreateDataSource's parameters."""

    knowledge_base_id: str
    request: Mapping[str, Any]
    data_source_id: str = field(default_factory=new_id)
    created_at: datetime = field(default_factory=now)
    documents: DocumentBook = field(default_factory=DocumentBook)

    @property
    def type(self) -> str:
        """`CUSTOM` or `S3`."""
        return str(self.request["dataSourceConfiguration"]["type"])

    @property
    def chunking(self) -> Mapping[str, Any]:
        """Its `chunkingConfiguration`; empty = Bedrock's default."""
        found: Mapping[str, Any] = self.request.get("vectorIngestionConfiguration", {}).get("chunkingConfiguration", {})
        return found

    def describe(self) -> dict[str, Any]:
        """As GetDataSource tells it."""
        given = {name: self.request[name] for name in _SOURCE_DESCRIBED if name in self.request}
        return {
            **given,
            **self._identity(),
            "dataDeletionPolicy": self.request.get("dataDeletionPolicy", "DELETE"),
            "createdAt": self.created_at,
        }

    def summary(self) -> dict[str, Any]:
        """As ListDataSources tells it."""
        described = {name: self.request[name] for name in ("name", "description") if name in self.request}
        return {**described, **self._identity()}

    def _identity(self) -> dict[str, Any]:
        return {
            "knowledgeBaseId": self.knowledge_base_id,
            "dataSourceId": self.data_source_id,
            "status": "AVAILABLE",
            "updatedAt": self.created_at,
        }


@dataclass(slots=True)
class KnowledgeBase:
    """`request`: CreateKnowledgeBase's parameters."""

    request: Mapping[str, Any]
    region: str
    knowledge_base_id: str = field(default_factory=new_id)
    created_at: datetime = field(default_factory=now)
    sources: dict[str, DataSource] = field(default_factory=dict)
    passages: PassageIndex = field(default_factory=PassageIndex)

    @property
    def arn(self) -> str:
        return f"arn:aws:bedrock:{self.region}:{ACCOUNT}:knowledge-base/{self.knowledge_base_id}"

    @property
    def storage(self) -> str:
        """`S3_VECTORS` or `OPENSEARCH_SERVERLESS`."""
        return str(self.request["storageConfiguration"]["type"])

    @property
    def embedding_model(self) -> str:
        """The foundation model's id."""
        configuration = self.request["knowledgeBaseConfiguration"]["vectorKnowledgeBaseConfiguration"]
        return str(configuration["embeddingModelArn"]).rsplit("/", 1)[-1]

    def store(self, source_id: str, document: str, passages: Sequence[StoredPassage], vectors: Vectors) -> None:
        """These are a document's passages from now on, in the vector store, too; raises VectorsValidationError, and
        nothing has changed then."""
        index = vector_index(self.request["storageConfiguration"])
        put_passages(index, passages, vectors)
        remove_passages(index, self.passages.replace(source_id, document, passages, vectors))

    def forget(self, source_id: str, document: str) -> None:
        """The document has no passages any more."""
        self.store(source_id, document, (), np.zeros((0, 0), dtype=np.float32))

    def describe(self) -> dict[str, Any]:
        """As GetKnowledgeBase tells it."""
        given = {name: self.request[name] for name in _DESCRIBED if name in self.request}
        times = {"createdAt": self.created_at, "updatedAt": self.created_at}
        return {
            **given,
            "knowledgeBaseId": self.knowledge_base_id,
            "knowledgeBaseArn": self.arn,
            "status": "ACTIVE",
            **times,
        }

    def summary(self) -> dict[str, Any]:
        """As ListKnowledgeBases tells it."""
        described = self.describe()
        names = ("knowledgeBaseId", "name", "description", "status", "updatedAt")
        return {name: described[name] for name in names if name in described}
