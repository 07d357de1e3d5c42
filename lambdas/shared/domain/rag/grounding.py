"""The guardrail's contextual grounding check: does an answer rest on its sources, and does it answer the question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from lambdas.shared.domain.guardrail import Guardrail, GuardrailReport

# https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-contextual-grounding-check.html
MAX_SOURCE_CHARACTERS = 100_000
MAX_QUERY_CHARACTERS = 1_000
MAX_ANSWER_CHARACTERS = 5_000

# `skipped`: the answer is beyond the check's limits; `unavailable`: it could not be asked; `off`: the deployment has
# none. Then the quotations alone have been checked.
GroundingCheck = Literal["passed", "failed", "skipped", "unavailable", "off"]


class GroundingQuestion(NamedTuple):
    """`query`: the question as it stands alone, since the check knows no conversation."""

    query: str
    sources: Sequence[str]
    answer: str

    @property
    def is_within_limits(self) -> bool:
        return (
            len(self.query) <= MAX_QUERY_CHARACTERS
            and len(self.answer) <= MAX_ANSWER_CHARACTERS
            and sum(map(len, self.sources)) <= MAX_SOURCE_CHARACTERS
        )


class GroundingChecker(Protocol):
    """Assesses an answer against its sources."""

    def check(self, question: GroundingQuestion, *, guardrail: Guardrail) -> GuardrailReport:
        """`report.blocked` = below one of the guardrail's thresholds. Raises what a model's call raises."""
        ...
