"""How questions to the documents are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from stacks.setting_rules import number, one_of, text, whole_number

_MODEL = text(r".{1,140}", meaning="an alias, or an id of models.allowed")


@dataclass(frozen=True, slots=True)
class RagSettings:
    """`score_floor`: passages below it are none; it belongs to the embedding model. The two thresholds are those of
    the guardrail's contextual grounding check."""

    model: Annotated[str, _MODEL]
    top_k: Annotated[int, whole_number(1, 100)]
    score_floor: Annotated[float, number(0, 1)]
    query_rewriting: Annotated[str, one_of("on", "off")]
    rewriting_model: Annotated[str, _MODEL]
    grounding_check: Annotated[str, one_of("on", "off")]
    grounding_threshold: Annotated[float, number(0, 0.99)]
    relevance_threshold: Annotated[float, number(0, 0.99)]
