"""What requests were estimated at and what their answers took: with it the next plan is made of what was measured."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from lambdas.shared.domain.bulk.joining import RecordResult
from lambdas.shared.domain.fit import TOKENS_PER_MESSAGE
from lambdas.shared.domain.guardrail import CHARACTERS_PER_UNIT
from lambdas.shared.domain.tokens import estimate_tokens


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


def answered_usage(rows: Iterable[Mapping[str, Any]], results: Mapping[str, RecordResult]) -> AnsweredUsage:
    """`rows` are the requests as they lie in a part, `results` has one for each."""
    answered = [(row, result) for row in rows if (result := results[row["recordId"]]).error is None]
    return AnsweredUsage(
        answers=len(answered),
        estimated_tokens=sum(estimate_body_tokens(row["modelInput"]) for row, _ in answered),
        input_tokens=sum(result.usage.input_tokens for _, result in answered),
        output_tokens=sum(result.usage.output_tokens for _, result in answered),
        units=sum(text_units(len(result.text)) for _, result in answered),
    )


def estimate_body_tokens(body: Mapping[str, Any]) -> int:
    """What `estimate_input_tokens` says of a request, once it has become a Converse body."""
    blocks = [block for message in body.get("messages", ()) for block in message["content"]]
    texts = [block["text"] for block in (*blocks, *body.get("system", ()))]
    return sum(estimate_tokens(text) + TOKENS_PER_MESSAGE for text in texts)


def text_units(characters: int) -> int:
    """The guardrail's price knows whole units."""
    return -(-characters // CHARACTERS_PER_UNIT)
