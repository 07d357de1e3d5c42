"""Rerank: texts in the order of their relevance to a query, by meaning and by the words that they share."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from local.bedrock.brain import Brain
from local.bedrock.errors import ValidationError
from local.bedrock.model_directory import ModelDirectory

_WORD = re.compile(r"\w{3,}")
_BY_MEANING = 0.6  # the rest is the share of the query's words that the text holds


def relevance(brain: Brain, query: str, texts: Sequence[str]) -> list[float]:
    """From 0 to 1, one for each text."""
    if not texts:
        return []
    meaning = brain.embed(list(texts)) @ brain.embed([query])[0]
    wanted = set(_WORD.findall(query.lower()))
    shared = [len(wanted & set(_WORD.findall(text.lower()))) / (len(wanted) or 1) for text in texts]
    return [
        min(1.0, max(0.0, _BY_MEANING * float(near) + (1 - _BY_MEANING) * words))
        for near, words in zip(meaning, shared, strict=True)
    ]


class Reranking:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html"""

    def __init__(self, brain: Brain, models: ModelDirectory) -> None:
        self._brain = brain
        self._models = models

    def rerank(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The best first; `index` is a text's place in the request."""
        configuration = given["rerankingConfiguration"]["bedrockRerankingConfiguration"]
        model = configuration["modelConfiguration"]["modelArn"].rsplit("/", 1)[-1]
        if "rerank" not in model:
            raise ValidationError(f"The model {model} does not support reranking.")
        texts = [_text(source) for source in given["sources"]]
        scores = relevance(self._brain, given["queries"][0]["textQuery"]["text"], texts)
        order = sorted(range(len(texts)), key=lambda place: -scores[place])
        most = configuration.get("numberOfResults", len(texts))
        if most > len(texts):
            raise ValidationError("numberOfResults must not be greater than the number of sources.")
        return {"results": [{"index": place, "relevanceScore": scores[place]} for place in order[:most]]}


def _text(source: Mapping[str, Any]) -> str:
    inline = source["inlineDocumentSource"]
    if inline["type"] == "TEXT":
        if "textDocument" not in inline:
            raise ValidationError("A source of the type TEXT must have a textDocument.")
        return str(inline["textDocument"].get("text", ""))
    return json.dumps(inline.get("jsonDocument", {}), ensure_ascii=False)
