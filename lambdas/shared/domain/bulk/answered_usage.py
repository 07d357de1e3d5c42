"""What requests were estimated at and what their answers took: with it the next plan is made of what was measured."""

from __future__ import annotations

import json
from typing import NamedTuple


class AnsweredUsage(NamedTuple):
    """Sums over usable answers. `estimated_tokens` is what their requests were taken for, `units` are the guardrail's
    text units of the answers, whether or not they were assessed."""

    answers: int = 0
    estimated_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    units: int = 0

    def plus(self, other: AnsweredUsage) -> AnsweredUsage:
        """Both together."""
        return AnsweredUsage(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def as_text(self) -> str:
        """JSON, for a run's row."""
        return json.dumps(self._asdict())


def usage_from_text(text: str) -> AnsweredUsage:
    """The inverse of `as_text`; nothing for a run that has none."""
    return AnsweredUsage(**json.loads(text)) if text else AnsweredUsage()
