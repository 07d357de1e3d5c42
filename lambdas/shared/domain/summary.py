"""A document's summary, and how it is read out of a model's answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.shared.domain.errors import InvalidAnswerError

# An answer that a guardrail has masked is one; what it has blocked never gets here.
_USABLE_STOPS = frozenset({"end_turn", "stop_sequence", "guardrail_intervened"})


class AnswerCutError(InvalidAnswerError):
    """The answer reached its token limit before it was whole."""

    code = "answer_cut"
    stop_reason = "max_tokens"


@dataclass(frozen=True, slots=True)
class Summary:
    """`language` is an ISO 639 code as the model gave it."""

    title: str
    summary: str
    key_points: tuple[str, ...]
    topics: tuple[str, ...]
    language: str

    def as_json(self) -> dict[str, Any]:
        """The wire's and the result file's shape."""
        return {
            "title": self.title,
            "summary": self.summary,
            "key_points": list(self.key_points),
            "topics": list(self.topics),
            "language": self.language,
        }


def read_summary(text: str, stop_reason: str) -> Summary:
    """The summary in an answer. Raises AnswerCutError for an answer that reached its token limit, InvalidAnswerError
    for one that the provider broke off or that holds no such JSON object. Messages never quote the answer."""
    if stop_reason == AnswerCutError.stop_reason:
        raise AnswerCutError("the model's answer reached its token limit before it was whole")
    if stop_reason not in _USABLE_STOPS:
        raise InvalidAnswerError(f"the model's answer ended with {stop_reason}")
    return summary_from(_first_object(text))


def summary_from(fields: Mapping[str, Any]) -> Summary:
    """Check the fields of a decoded summary. Raises InvalidAnswerError; unknown fields are ignored."""
    return Summary(
        title=" ".join(_text(fields, "title").split()),
        summary=_text(fields, "summary"),
        key_points=_texts(fields, "key_points"),
        topics=_texts(fields, "topics"),
        language=_text(fields, "language"),
    )


def _first_object(text: str) -> Mapping[str, Any]:
    """Models put code fences or a sentence around JSON that was asked for bare."""
    decoder = json.JSONDecoder(strict=False)
    start = text.find("{")
    while start >= 0:
        try:
            value, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            start = text.find("{", start + 1)
        else:
            return dict(value)
    raise InvalidAnswerError("the model's answer holds no JSON object")


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidAnswerError(f"the model's answer has no text in {name!r}")
    return value.strip()


def _texts(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = fields.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidAnswerError(f"the model's answer has no list of texts in {name!r}")
    return tuple(item.strip() for item in value if item.strip())
