"""The Knowledge Bases of this process, made by CloudFormation or by calls; nothing of them survives it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from local.bedrock.errors import ConflictError, ResourceNotFoundError, ValidationError
from local.bedrock.knowledge.resources import DataSource, KnowledgeBase
from local.bedrock.request_shape import operation, read_parameters

STORAGES = ("S3_VECTORS", "OPENSEARCH_SERVERLESS")
_STORAGE_MEMBERS = {
    "S3_VECTORS": "s3VectorsConfiguration",
    "OPENSEARCH_SERVERLESS": "opensearchServerlessConfiguration",
}


class KnowledgeDirectory:
    """Safe under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bases: dict[str, KnowledgeBase] = {}

    def create_knowledge_base(self, given: Mapping[str, Any], region: str) -> KnowledgeBase:
        """From CreateKnowledgeBase's parameters; raises ValidationError and ConflictError."""
        request = read_parameters(operation("bedrock-agent", "CreateKnowledgeBase"), given)
        _check_configuration(request)
        with self._lock:
            if any(each.request["name"] == request["name"] and each.region == region for each in self._bases.values()):
                raise ConflictError(f"A knowledge base with the name {request['name']} already exists.")
            base = KnowledgeBase(request, region)
            self._bases[base.knowledge_base_id] = base
            return base

    def create_data_source(self, given: Mapping[str, Any]) -> DataSource:
        """From CreateDataSource's parameters; raises ValidationError, ConflictError, ResourceNotFoundError."""
        request = read_parameters(operation("bedrock-agent", "CreateDataSource"), given)
        base = self.knowledge_base(request["knowledgeBaseId"])
        _check_source(request)
        with self._lock:
            if any(each.request["name"] == request["name"] for each in base.sources.values()):
                raise ConflictError(f"A data source with the name {request['name']} already exists.")
            source = DataSource(base.knowledge_base_id, request)
            base.sources[source.data_source_id] = source
            return source

    def knowledge_base(self, identifier: str) -> KnowledgeBase:
        """By id or ARN; raises ResourceNotFoundError."""
        base = self._bases.get(identifier.rsplit("/", 1)[-1])
        if base is None or identifier not in (base.knowledge_base_id, base.arn):
            raise ResourceNotFoundError(f"Knowledge Base with id {identifier} does not exist")
        return base

    def data_source(self, knowledge_base_id: str, data_source_id: str) -> DataSource:
        """Raises ResourceNotFoundError."""
        source = self.knowledge_base(knowledge_base_id).sources.get(data_source_id)
        if source is None:
            raise ResourceNotFoundError(f"DataSource with id {data_source_id} does not exist")
        return source

    def knowledge_bases(self, region: str) -> list[KnowledgeBase]:
        """In the order of their creation."""
        with self._lock:
            return [base for base in self._bases.values() if base.region == region]

    def delete_knowledge_base(self, identifier: str) -> KnowledgeBase:
        """With everything in it; raises ResourceNotFoundError."""
        base = self.knowledge_base(identifier)
        with self._lock:
            self._bases.pop(base.knowledge_base_id, None)
        return base

    def delete_data_source(self, knowledge_base_id: str, data_source_id: str) -> DataSource:
        """With its passages unless its policy is to retain them; raises ResourceNotFoundError."""
        source = self.data_source(knowledge_base_id, data_source_id)
        base = self.knowledge_base(knowledge_base_id)
        with self._lock:
            base.sources.pop(data_source_id, None)
        if source.request.get("dataDeletionPolicy") != "RETAIN":
            for document in base.passages.documents_of(data_source_id):
                base.forget(data_source_id, document)
        return source


DIRECTORY = KnowledgeDirectory()


def _check_configuration(request: Mapping[str, Any]) -> None:
    configuration, storage = request["knowledgeBaseConfiguration"], request.get("storageConfiguration", {})
    if configuration["type"] != "VECTOR" or "vectorKnowledgeBaseConfiguration" not in configuration:
        raise ValidationError("The local Knowledge Base emulates the type VECTOR only.")
    kind = storage.get("type")
    if kind not in STORAGES:
        raise ValidationError(f"The local Knowledge Base emulates these vector stores only: {', '.join(STORAGES)}.")
    own = storage.get(_STORAGE_MEMBERS[kind])
    if own is None:
        raise ValidationError(f"{_STORAGE_MEMBERS[kind]} is required for the storage type {kind}.")
    if kind == "S3_VECTORS" and "indexArn" not in own and not {"vectorBucketArn", "indexName"} <= own.keys():
        raise ValidationError("s3VectorsConfiguration needs indexArn, or vectorBucketArn and indexName.")


def _check_source(request: Mapping[str, Any]) -> None:
    if request["dataSourceConfiguration"]["type"] not in {"CUSTOM", "S3"}:
        raise ValidationError("The local Knowledge Base emulates data sources of the types CUSTOM and S3 only.")
    chunking = request.get("vectorIngestionConfiguration", {}).get("chunkingConfiguration", {})
    strategy = chunking.get("chunkingStrategy", "NONE")
    member = {
        "FIXED_SIZE": "fixedSizeChunkingConfiguration",
        "HIERARCHICAL": "hierarchicalChunkingConfiguration",
        "SEMANTIC": "semanticChunkingConfiguration",
    }.get(strategy)
    if member and member not in chunking:
        raise ValidationError(f"{member} is required for the chunking strategy {strategy}.")
    levels = chunking.get("hierarchicalChunkingConfiguration", {}).get("levelConfigurations", [])
    if len(levels) == 2 and levels[0]["maxTokens"] <= levels[1]["maxTokens"]:
        raise ValidationError("The parent chunks of a hierarchy must be larger than its child chunks.")
