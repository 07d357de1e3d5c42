"""Ingests and deletes documents in threads of their own: STARTING, IN_PROGRESS, and an end."""

from __future__ import annotations

import json
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from local.bedrock.brain import Brain, Vectors
from local.bedrock.knowledge.chunking import Chunk, Chunker
from local.bedrock.knowledge.content import DocumentContent, UnreadableError, read_content
from local.bedrock.knowledge.document_book import DocumentState, document_key
from local.bedrock.knowledge.passages import StoredPassage
from local.bedrock.knowledge.resources import DataSource, KnowledgeBase
from local.clock import scaled
from local.vectors.errors import VectorsValidationError

# Seconds to minutes on AWS. Long enough to be seen at scale 1.
STAGE_SECONDS = 1.0
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html
_MOST_FILTERABLE_BYTES = 2048
# Of Titan Text Embeddings V2; chunks of NONE may be longer, and then nothing can embed them.
_MOST_TOKENS = 8192
Begun = tuple[Mapping[str, Any], DocumentState]
_VALUES = {
    "STRING": "stringValue",
    "NUMBER": "numberValue",
    "BOOLEAN": "booleanValue",
    "STRING_LIST": "stringListValue",
}


class Ingestion:
    """Works with one brain's embeddings."""

    def __init__(self, brain: Brain) -> None:
        self._brain = brain

    def ingest(self, base: KnowledgeBase, source: DataSource, documents: Sequence[Mapping[str, Any]]) -> None:
        """Begin; returns at once, with every document STARTING."""
        begun = [(each, source.documents.begin(identifier_of(each), "STARTING")) for each in documents]
        self._in_thread(partial(self._ingest_all, base, source, begun))

    def delete(self, base: KnowledgeBase, source: DataSource, identifiers: Sequence[Mapping[str, Any]]) -> None:
        """Begin; returns at once, with every document DELETING. What is not there needs no deletion."""
        known = [each for each in identifiers if source.documents.find(each) is not None]
        begun = [source.documents.begin(each, "DELETING") for each in known]
        self._in_thread(partial(self._delete_all, base, source, begun))

    def _in_thread(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="knowledge-base", daemon=True).start()

    def _ingest_all(self, base: KnowledgeBase, source: DataSource, begun: Sequence[Begun]) -> None:
        time.sleep(scaled(STAGE_SECONDS))
        working = [each for each in begun if source.documents.move(each[1], "IN_PROGRESS")]
        time.sleep(scaled(STAGE_SECONDS))
        for document, state in working:
            self._ingest(base, source, document, state)

    def _ingest(
        self, base: KnowledgeBase, source: DataSource, document: Mapping[str, Any], state: DocumentState
    ) -> None:
        try:
            passages, vectors = self._passages(source, document)
            store = partial(base.store, source.data_source_id, document_key(state.identifier), passages, vectors)
            source.documents.move(state, "INDEXED", publish=store)
        except (UnreadableError, VectorsValidationError) as error:
            source.documents.move(state, "FAILED", str(error))
        except Exception as error:
            traceback.print_exc()  # a defect of ours: the console shows where, the document fails
            source.documents.move(state, "FAILED", f"The local Knowledge Base failed: {type(error).__name__}")

    def _delete_all(self, base: KnowledgeBase, source: DataSource, begun: Sequence[DocumentState]) -> None:
        time.sleep(scaled(STAGE_SECONDS))
        for state in begun:
            if source.documents.move(state, "DELETE_IN_PROGRESS"):
                forget = partial(base.forget, source.data_source_id, document_key(state.identifier))
                source.documents.forget(state, publish=forget)

    def _passages(self, source: DataSource, document: Mapping[str, Any]) -> tuple[list[StoredPassage], Vectors]:
        content = read_content(document["content"])
        metadata = _metadata(document)
        chunks = Chunker(source.chunking, self._brain.count_tokens, self._brain.embed).chunks(content.text)
        if not chunks:
            raise UnreadableError("The document holds no text.")
        texts = [content.text[chunk.start : chunk.end].strip() for chunk in chunks]
        if any(len(text) > _MOST_TOKENS and self._brain.count_tokens(text) > _MOST_TOKENS for text in texts):
            raise UnreadableError(f"A chunk is longer than the {_MOST_TOKENS} tokens that the embedding model takes.")
        passages = [_passage(source, document, content, chunk, metadata) for chunk in chunks]
        return passages, self._brain.embed(texts)


def identifier_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The identifier of a KnowledgeBaseDocument."""
    content = document["content"]
    if content["dataSourceType"] == "CUSTOM":
        return {"dataSourceType": "CUSTOM", "custom": {"id": content["custom"]["customDocumentIdentifier"]["id"]}}
    return {"dataSourceType": "S3", "s3": {"uri": content["s3"]["s3Location"]["uri"]}}


def _metadata(document: Mapping[str, Any]) -> dict[str, Any]:
    given = document.get("metadata", {}).get("inlineAttributes", [])
    metadata = {each["key"]: each["value"].get(_VALUES[each["value"]["type"]]) for each in given}
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > _MOST_FILTERABLE_BYTES:
        raise UnreadableError(f"Filterable metadata must have at most {_MOST_FILTERABLE_BYTES} bytes.")
    return metadata


def _passage(
    source: DataSource,
    document: Mapping[str, Any],
    content: DocumentContent,
    chunk: Chunk,
    metadata: Mapping[str, Any],
) -> StoredPassage:
    chunk_id, key = str(uuid.uuid4()), document_key(identifier_of(document))
    page = content.page_at(chunk.start)
    custom = source.type == "CUSTOM"
    own = {
        "x-amz-bedrock-kb-chunk-id": chunk_id,
        "x-amz-bedrock-kb-data-source-id": source.data_source_id,
        "x-amz-bedrock-kb-source-uri": key if custom else content.uri,
        **({} if page is None else {"x-amz-bedrock-kb-document-page-number": float(page)}),
    }
    location = {"customDocumentLocation": {"id": key}} if custom else {"s3Location": {"uri": key}}
    return StoredPassage(
        chunk_id=chunk_id,
        source_id=source.data_source_id,
        document=key,
        text=content.text[slice(*chunk.parent)].strip(),
        parent=f"{chunk.parent[0]}-{chunk.parent[1]}",
        location={"type": source.type, **location},
        metadata={**metadata, **own},
    )
