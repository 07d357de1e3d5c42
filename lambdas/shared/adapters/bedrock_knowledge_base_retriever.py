"""Passages from a Bedrock Knowledge Base that all tenants share, told apart by a filter that no caller can leave out.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Retrieve.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.adapters.knowledge_base_errors import knowledge_base_error
from lambdas.shared.adapters.knowledge_base_filters import TENANT, retrieval_filter
from lambdas.shared.domain.metadata import is_reserved
from lambdas.shared.domain.passage_retriever import Passage, PassageQuery

_CHUNK = "x-amz-bedrock-kb-chunk-id"
_PAGE = "x-amz-bedrock-kb-document-page-number"


class BedrockKnowledgeBaseRetriever:
    """`PassageRetriever`. `client` is boto3's of `bedrock-agent-runtime`; `count_foreign` hears how many results of
    other tenants an answer held in spite of the filter: they are dropped, and there should never be any."""

    def __init__(
        self, client: Any, *, knowledge_base_id: str, count_foreign: Callable[[int], object] = lambda count: None
    ) -> None:
        self._client = client
        self._knowledge_base_id = knowledge_base_id
        self._count_foreign = count_foreign

    def retrieve(self, query: PassageQuery) -> list[Passage]:
        search = {"numberOfResults": query.top_k, "filter": retrieval_filter(query.tenant, query.filter)}
        try:
            answer = self._client.retrieve(
                knowledgeBaseId=self._knowledge_base_id,
                retrievalQuery={"text": query.text},
                retrievalConfiguration={"vectorSearchConfiguration": search},
            )
        except (ClientError, BotoCoreError) as error:
            raise knowledge_base_error(error, "The Knowledge Base") from error
        results = answer["retrievalResults"]
        own = [each for each in results if each.get("metadata", {}).get(TENANT) == query.tenant]
        if len(own) < len(results):
            self._count_foreign(len(results) - len(own))
        return [_passage(each) for each in own[: query.top_k]]


def _passage(result: Mapping[str, Any]) -> Passage:
    metadata, text = result["metadata"], str(result["content"].get("text", ""))
    document_id = str(result.get("location", {}).get("customDocumentLocation", {}).get("id", ""))
    page = metadata.get(_PAGE)
    return Passage(
        id=str(metadata.get(_CHUNK) or _digest(document_id, text)),
        text=text,
        document_id=document_id,
        score=min(1.0, max(0.0, float(result.get("score", 0.0)))),
        metadata={key: value for key, value in metadata.items() if not is_reserved(key)},
        page=None if page is None else int(page),
    )


def _digest(*parts: str) -> str:
    """Names a passage that its store does not name, and always alike."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
