"""Real requests and answers of the RAG operations, as the local stack gave them."""

from __future__ import annotations

import json
from typing import Any

_ID = "conv_01kajjk34cr2k5nvk4syvqt5zr"
_MODEL = "global.amazon.nova-2-lite-v1:0"
_QUESTION = "How much did the Heron telescope cost?"
_SENTENCE = "The telescope cost 18 million euros."
_COST: dict[str, Any] = {
    "usage": {"input_tokens": 892, "output_tokens": 31, "cache_read_tokens": 0, "cache_write_tokens": 0},
    "cost_usd": 0.000345,
}
_FOUND: dict[str, Any] = {
    "passages": [
        {
            "id": "heron-3",
            "text": f"{_SENTENCE} Half of it was paid by the Portuguese science foundation.",
            "document_id": "heron",
            "page": 2,
            "score": 0.7312,
            "metadata": {"year": 2023},
        }
    ],
    "query": _QUESTION,
    "reranking": "off",
}

PASSAGES_BODY: dict[str, Any] = {
    "question": _QUESTION,
    "filter": {"year": {"$gte": 2020}},
    "top_k": 5,
    "collection": "telescopes",
}
RAG_BODY: dict[str, Any] = {**PASSAGES_BODY, "model": "balanced"}
STREAM_BODY: dict[str, Any] = {"question": _QUESTION, "collection": "telescopes", "strict": False}
PASSAGES: dict[str, Any] = {
    **_FOUND,
    "usage": {"input_tokens": 9, "output_tokens": 0, "cache_read_tokens": 0, "cache_write_tokens": 0},
    "cost_usd": 0.00000018,
}
ANSWER: dict[str, Any] = {
    **_FOUND,
    **_COST,
    "conversation_id": _ID,
    "answer": _SENTENCE,
    "grounded": True,
    "refusal": None,
    "citations": [
        {
            "start": 0,
            "end": 36,
            "passage_id": "heron-3",
            "document_id": "heron",
            "page": 2,
            "score": 0.7312,
            "quote": "The telescope cost 18 million euros",
        }
    ],
    "model": _MODEL,
    "grounding_check": "passed",
    "links_removed": 0,
    "stop_reason": "end_turn",
}
STREAM = (
    f'event: start\ndata: {{"conversation_id":"{_ID}","model":"{_MODEL}"}}\n\n'
    'event: delta\ndata: {"text":"The telescope cost"}\n\n'
    'event: delta\ndata: {"text":" 18 million euros."}\n\n'
    f"event: done\ndata: {json.dumps(ANSWER, separators=(',', ':'))}\n\n"
)
