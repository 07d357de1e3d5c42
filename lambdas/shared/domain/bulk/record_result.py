"""What became of a request."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lambdas.shared.domain.bulk.spending import Spent
from lambdas.shared.domain.chat_model import TokenUsage

# Tells whether an answer can be used; raises InvalidAnswerError, whose code is the record's.
Check = Callable[[str, str], object]


class RecordResult(NamedTuple):
    """`error` None = `text` can be used, and took `usage`. `spent` is what all of the record's answers cost."""

    text: str
    error: str | None
    spent: Spent = Spent()
    usage: TokenUsage = TokenUsage(0, 0)
