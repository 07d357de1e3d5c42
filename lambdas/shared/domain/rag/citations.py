"""Citations of an answer as spans of its text, each checked against its passage before it is called one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lambdas.shared.domain.passage_retriever import Passage
from lambdas.shared.domain.rag.answer_reader import Placed, ReadAnswer
from lambdas.shared.domain.rag.quotes import find_quote

_SENTENCE_END = re.compile(r"[.!?][\"”’»)\]]*\s+|[。！？]\s*|\n+")
_CONTENT_WORD = re.compile(r"\d+|[^\W\d_]{4,}")
# A passage that is cited without its words must share this part of the statement's words in one of its sentences.
_SHARED = 0.5
# An answer of which less is cited than this does not rest on the passages.
_CITED = 0.5


class Citation(NamedTuple):
    """`start`, `end`: the statement in the answer, in characters; `quote`: the words of the passage, as they stand
    there; `score`: the passage's."""

    start: int
    end: int
    passage_id: str
    document_id: str
    page: int | None
    score: float
    quote: str


def verified_citations(answer: ReadAnswer, passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """Those whose passage was given to the model (number 1 = the first), and says the words that were quoted. The
    others are left out: nothing is put in their place."""
    found: dict[Citation, None] = {}
    for (start, end), placed in _statements(answer.text, answer.placed):
        number = placed.marker.number
        if start < end and 1 <= number <= len(passages):
            passage = passages[number - 1]
            place = _supporting(answer.text[start:end], placed.marker.quote, passage.text)
            if place is not None:
                quote = passage.text[slice(*place)]
                cited = Citation(start, end, passage.id, passage.document_id, passage.page, passage.score, quote)
                found[cited] = None
    return tuple(found)


def is_supported(text: str, citations: Iterable[Citation]) -> bool:
    """Whether at least half of the answer's words stand in statements with a citation, and there is one."""
    cited, reached = 0, 0
    for start, end in sorted({(citation.start, citation.end) for citation in citations}):
        cited += _letters(text[max(start, reached) : end])
        reached = max(reached, end)
    return cited > 0 and cited >= _CITED * _letters(text)


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _statements(text: str, placed: Sequence[Placed]) -> Iterator[tuple[tuple[int, int], Placed]]:
    """The span before each citation: from the beginning of its sentence, or from the citation before it."""
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(text))]
    before, span = 0, (0, 0)
    for each in placed:
        end = len(text[: each.at].rstrip())
        if end > before:
            start = max([before, *(at for at in ends if at < end)])
            span = (start + len(text[start:end]) - len(text[start:end].lstrip(" \n.,;:")), end)
            before = each.at
        yield span, each


def _supporting(statement: str, quote: str | None, passage: str) -> tuple[int, int] | None:
    return find_quote(quote, passage) if quote is not None else _nearest_sentence(statement, passage)


def _nearest_sentence(statement: str, passage: str) -> tuple[int, int] | None:
    """The sentence of the passage that shares most of the statement's words, if these are enough."""
    wanted = _content(statement)
    best, place = 0.0, None
    start = 0
    for end in [*(match.end() for match in _SENTENCE_END.finditer(passage)), len(passage)]:
        sentence = passage[start:end]
        shared = len(wanted & _content(sentence)) / len(wanted) if wanted else 0.0
        if shared > best:
            best = shared
            place = (end - len(sentence.lstrip()), start + len(sentence.rstrip()))
        start = end
    return place if best >= _SHARED else None


def _content(text: str) -> set[str]:
    return {word.casefold() for word in _CONTENT_WORD.findall(text)}
