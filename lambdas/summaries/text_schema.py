"""The wire of POST /summaries."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from lambdas.shared.domain.summary_options import FOLLOW_DOCUMENT, MAX_INSTRUCTIONS, Style
from lambdas.shared.services.summarize_text import TextSummary

_LANGUAGE = r"^(document|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*)$"


class TextBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Body of POST /summaries. Without `style` and `model` the deployment's own apply."""

    text: Annotated[str, Meta(min_length=1)]
    style: Style | None = None
    language: Annotated[str, Meta(pattern=_LANGUAGE)] = FOLLOW_DOCUMENT
    instructions: Annotated[str, Meta(max_length=MAX_INSTRUCTIONS)] = ""
    model: Annotated[str, Meta(pattern=r"\S")] | None = None


class Usage(msgspec.Struct):
    """Tokens of all calls together."""

    input_tokens: int
    output_tokens: int


class SummaryAnswer(msgspec.Struct):
    """A summary with what it took. `cost_usd` null = not known."""

    title: str
    summary: str
    key_points: tuple[str, ...]
    topics: tuple[str, ...]
    language: str
    model: str
    prompt_version: str
    sections: int
    calls: int
    usage: Usage
    cost_usd: Decimal | None


def summary_answer(done: TextSummary) -> SummaryAnswer:
    """What the wire shows of it."""
    summary, spent = done.summary, done.spent
    return SummaryAnswer(
        title=summary.title,
        summary=summary.summary,
        key_points=summary.key_points,
        topics=summary.topics,
        language=summary.language,
        model=done.model,
        prompt_version=done.prompt_version,
        sections=done.sections,
        calls=spent.calls,
        usage=Usage(spent.input_tokens, spent.output_tokens),
        cost_usd=spent.usd,
    )
