"""Holds what requests were estimated at against what their answers took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lambdas.shared.domain.bulk.answered_usage import AnsweredUsage
from lambdas.shared.domain.bulk.record_result import RecordResult
from lambdas.shared.domain.fit import TOKENS_PER_MESSAGE
from lambdas.shared.domain.guardrail import text_units
from lambdas.shared.domain.tokens import estimate_tokens


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
