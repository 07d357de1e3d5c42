"""The operations of `bedrock-agent` on Knowledge Bases, data sources and documents, from bytes to bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local.bedrock.errors import ValidationError
from local.bedrock.knowledge.directory import KnowledgeDirectory
from local.bedrock.knowledge.document_book import DocumentState, document_key
from local.bedrock.knowledge.ingestion import Ingestion, identifier_of
from local.bedrock.knowledge.resources import DataSource, now
from local.bedrock.request_shape import operation, read_json, read_parameters
from local.bedrock.response_shape import HttpAnswer, write_result

SERVICE = "bedrock-agent"
_PAGE = 100


class AgentApi:
    """Each method is one operation; `base` and `source` are the ids of the path."""

    def __init__(self, directory: KnowledgeDirectory, ingestion: Ingestion) -> None:
        self._directory = directory
        self._ingestion = ingestion

    def create_knowledge_base(self, body: bytes, region: str) -> HttpAnswer:
        created = self._directory.create_knowledge_base(read_json(body), region)
        described = {**created.describe(), "status": "CREATING"}  # and ACTIVE when anybody looks
        return _written("CreateKnowledgeBase", {"knowledgeBase": described})

    def get_knowledge_base(self, base: str) -> HttpAnswer:
        return _written("GetKnowledgeBase", {"knowledgeBase": self._directory.knowledge_base(base).describe()})

    def list_knowledge_bases(self, body: bytes, region: str) -> HttpAnswer:
        given = read_parameters(operation(SERVICE, "ListKnowledgeBases"), read_json(body))
        summaries = [each.summary() for each in self._directory.knowledge_bases(region)]
        return _written("ListKnowledgeBases", _paged("knowledgeBaseSummaries", summaries, given))

    def delete_knowledge_base(self, base: str) -> HttpAnswer:
        gone = self._directory.delete_knowledge_base(base)
        return _written("DeleteKnowledgeBase", {"knowledgeBaseId": gone.knowledge_base_id, "status": "DELETING"})

    def create_data_source(self, base: str, body: bytes) -> HttpAnswer:
        created = self._directory.create_data_source({**read_json(body), "knowledgeBaseId": base})
        return _written("CreateDataSource", {"dataSource": created.describe()})

    def get_data_source(self, base: str, source: str) -> HttpAnswer:
        return _written("GetDataSource", {"dataSource": self._directory.data_source(base, source).describe()})

    def list_data_sources(self, base: str, body: bytes) -> HttpAnswer:
        given = read_parameters(operation(SERVICE, "ListDataSources"), {**read_json(body), "knowledgeBaseId": base})
        summaries = [each.summary() for each in self._directory.knowledge_base(base).sources.values()]
        return _written("ListDataSources", _paged("dataSourceSummaries", summaries, given))

    def delete_data_source(self, base: str, source: str) -> HttpAnswer:
        self._directory.delete_data_source(base, source)
        identity = {"knowledgeBaseId": base, "dataSourceId": source, "status": "DELETING"}
        return _written("DeleteDataSource", identity)

    def ingest_documents(self, base: str, source: str, body: bytes) -> HttpAnswer:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_IngestKnowledgeBaseDocuments.html"""
        given, known = self._read("IngestKnowledgeBaseDocuments", base, source, body)
        for document in given["documents"]:
            _check_document(document, known.type)
        identifiers = [identifier_of(each) for each in given["documents"]]
        if len({document_key(each) for each in identifiers}) < len(identifiers):
            raise ValidationError("The documents of one request must have different identifiers.")
        self._ingestion.ingest(self._directory.knowledge_base(base), known, given["documents"])
        return _written("IngestKnowledgeBaseDocuments", _details(known, identifiers))

    def get_documents(self, base: str, source: str, body: bytes) -> HttpAnswer:
        """Documents that were never ingested, or are deleted, are NOT_FOUND."""
        given, known = self._read("GetKnowledgeBaseDocuments", base, source, body)
        return _written("GetKnowledgeBaseDocuments", _details(known, given["documentIdentifiers"]))

    def list_documents(self, base: str, source: str, body: bytes) -> HttpAnswer:
        given, known = self._read("ListKnowledgeBaseDocuments", base, source, body)
        details = [_detail(known, state) for state in known.documents.all()]
        return _written("ListKnowledgeBaseDocuments", _paged("documentDetails", details, given))

    def delete_documents(self, base: str, source: str, body: bytes) -> HttpAnswer:
        """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_DeleteKnowledgeBaseDocuments.html"""
        given, known = self._read("DeleteKnowledgeBaseDocuments", base, source, body)
        self._ingestion.delete(self._directory.knowledge_base(base), known, given["documentIdentifiers"])
        return _written("DeleteKnowledgeBaseDocuments", _details(known, given["documentIdentifiers"]))

    def _read(self, name: str, base: str, source: str, body: bytes) -> tuple[dict[str, Any], DataSource]:
        path = {"knowledgeBaseId": base, "dataSourceId": source}
        given = read_parameters(operation(SERVICE, name), {**read_json(body), **path})
        known = self._directory.data_source(base, source)
        for identifier in given.get("documentIdentifiers", ()):
            _check_member(identifier, identifier["dataSourceType"], known.type)
        return given, known


def _check_document(document: Mapping[str, Any], source_type: str) -> None:
    content, metadata = document["content"], document.get("metadata", {})
    _check_member(content, content["dataSourceType"], source_type)
    if metadata.get("type") == "S3_LOCATION":
        raise ValidationError("The local Knowledge Base reads inline metadata only, no metadata files.")
    if metadata and source_type != "CUSTOM":
        # https://docs.aws.amazon.com/bedrock/latest/userguide/kb-direct-ingestion-add.html
        raise ValidationError("Inline metadata is not supported for a data source of the type S3.")
    if metadata and "inlineAttributes" not in metadata:
        raise ValidationError("inlineAttributes is required for metadata of the type IN_LINE_ATTRIBUTE.")
    custom = content.get("custom", {})
    member = {"IN_LINE": "inlineContent", "S3_LOCATION": "s3Location"}.get(custom.get("sourceType", ""))
    if member and member not in custom:
        raise ValidationError(f"{member} is required for the source type {custom['sourceType']}.")


def _check_member(union: Mapping[str, Any], kind: str, source_type: str) -> None:
    if kind != source_type:
        raise ValidationError(f"The data source is of the type {source_type}, the document of the type {kind}.")
    if kind.lower() not in union:
        raise ValidationError(f"{kind.lower()} is required for the data source type {kind}.")


def _details(source: DataSource, identifiers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    unknown = [DocumentState(each, "NOT_FOUND", 0, updated_at=now()) for each in identifiers]
    states = [source.documents.find(each.identifier) or each for each in unknown]
    return {"documentDetails": [_detail(source, state) for state in states]}


def _detail(source: DataSource, state: DocumentState) -> dict[str, Any]:
    return {
        "knowledgeBaseId": source.knowledge_base_id,
        "dataSourceId": source.data_source_id,
        "status": state.status,
        "identifier": dict(state.identifier),
        "updatedAt": state.updated_at,
        **({"statusReason": state.reason} if state.reason else {}),
    }


def _paged(name: str, items: Sequence[dict[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    start, size = given.get("nextToken", "0"), int(given.get("maxResults", _PAGE))
    if not start.isdigit():
        raise ValidationError("nextToken is not one that an earlier answer gave.")
    end = int(start) + size
    return {name: items[int(start) : end], **({"nextToken": str(end)} if end < len(items) else {})}


def _written(name: str, result: dict[str, Any]) -> HttpAnswer:
    return write_result(operation(SERVICE, name), result, {})
