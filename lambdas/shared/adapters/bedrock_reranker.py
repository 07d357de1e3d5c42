"""Reranking by a Bedrock model: `Rerank` of `bedrock-agent-runtime`.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.shared.adapters.knowledge_base_errors import knowledge_base_error
from lambdas.shared.domain.errors import InvalidInputError
from lambdas.shared.domain.passage_retriever import Passage

MOST_PASSAGES = 1000
_LONGEST = 32_000  # characters of a query, and of a text
_NOTHING = " "  # Rerank takes no empty text


class BedrockReranker:
    """`Reranker`. `model_arn`: a rerank model's foundation-model ARN, in a region that has it."""

    def __init__(self, client: Any, *, model_arn: str) -> None:
        self._client = client
        self._model_arn = model_arn

    def rerank(self, query: str, passages: Sequence[Passage], top_k: int) -> list[Passage]:
        """Raises InvalidInputError for more than 1,000 passages."""
        if len(passages) > MOST_PASSAGES:
            raise InvalidInputError(f"{len(passages)} passages cannot be reranked; {MOST_PASSAGES:,} is the most")
        if not passages or top_k < 1:
            return []
        configuration = {
            "modelConfiguration": {"modelArn": self._model_arn},
            "numberOfResults": min(top_k, len(passages)),
        }
        try:
            answer = self._client.rerank(
                queries=[{"type": "TEXT", "textQuery": {"text": query[:_LONGEST]}}],
                sources=[_source(passage.text) for passage in passages],
                rerankingConfiguration={
                    "type": "BEDROCK_RERANKING_MODEL",
                    "bedrockRerankingConfiguration": configuration,
                },
            )
        except (ClientError, BotoCoreError) as error:
            raise knowledge_base_error(error, "The rerank model") from error
        ranked = [
            passages[each["index"]]._replace(score=_clamped(each["relevanceScore"])) for each in answer["results"]
        ]
        return sorted(ranked, key=lambda passage: -passage.score)


def _source(text: str) -> dict[str, Any]:
    """The beginning of a text longer than the limit: passages are far shorter."""
    inline = {"type": "TEXT", "textDocument": {"text": text[:_LONGEST] or _NOTHING}}
    return {"type": "INLINE", "inlineDocumentSource": inline}


def _clamped(score: float) -> float:
    return min(1.0, max(0.0, float(score)))
