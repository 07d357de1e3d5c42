"""How questions to the documents are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from stacks.setting_rules import number, one_of, text, whole_number

_MODEL = text(r".{1,140}", meaning="an alias, or an id of models.allowed")
_RERANK_MODEL = text(r"off|[a-z][a-zA-Z0-9.:\-]{2,139}", meaning='"off", or the id of a rerank model')


@dataclass(frozen=True, slots=True)
class RagSettings:
    """`score_floor`: passages below it are none; it belongs to the embedding model. `rerank_score_floor` is that of the
    rerank model, whose scores have a scale of their own. The two thresholds are those of the guardrail's contextual
    grounding check."""

    model: Annotated[str, _MODEL]
    top_k: Annotated[int, whole_number(1, 100)]
    score_floor: Annotated[float, number(0, 1)]
    query_rewriting: Annotated[str, one_of("on", "off")]
    rewriting_model: Annotated[str, _MODEL]
    rerank_model: Annotated[str, _RERANK_MODEL]
    rerank_score_floor: Annotated[float, number(0, 1)]
    grounding_check: Annotated[str, one_of("on", "off")]
    grounding_threshold: Annotated[float, number(0, 0.99)]
    relevance_threshold: Annotated[float, number(0, 0.99)]

    @property
    def reranks(self) -> bool:
        return self.rerank_model != "off"
