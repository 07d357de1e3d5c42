"""Cuts a text into sentences: prose with wrapped lines, lists, headings, and scripts without spaces."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？])[\"'”’」』）)]*\s*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|No|Nr|Fig|Eq|Vol|pp|vs|etc|e\.g|i\.e|cf|al|approx|Inc|Ltd|Co|Corp|bzw|z\.B|ca"
    r"|Abb|bspw|u\.a|d\.h|Sra|Mme|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)|\b[A-Z](?:\.[A-Z])*)\.$"
)
_LIST_ITEM = re.compile(r"\s*(?:[-*•▪◦–]\s+|\d{1,3}[.)]\s+|#{1,6}\s+|\|)")
_MARKS = re.compile(r"^\s*(?:[-*•▪◦–]\s+|#{1,6}\s+|>\s+)|[*_`]{2,}")
WRAPPED_LINE = 0.75  # of the widest line: a shorter one that ends without a full stop is a heading or an item


def split_sentences(text: str) -> list[str]:
    """The sentences in order, stripped of list and heading marks; empty ones are left out."""
    sentences: list[str] = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        for line in _unwrapped(block):
            sentences.extend(_split_line(line))
    return sentences


def _unwrapped(block: str) -> list[str]:
    """Lines joined where a sentence runs over the line's end, as in the text of a PDF."""
    raw = [line.strip() for line in block.split("\n") if line.strip()]
    width = max((len(line) for line in raw), default=0)
    lines: list[str] = []
    wrapped = False
    for line in raw:
        if lines and _runs_on(lines[-1], line, wrapped=wrapped):
            before = lines[-1]
            hyphenated = re.search(r"[^\W\d_]-$", before) and line[:1].islower()
            lines[-1] = before[:-1] + line if hyphenated else f"{before} {line}"
        else:
            lines.append(line)
        wrapped = len(line) >= WRAPPED_LINE * width
    return lines


def _runs_on(before: str, line: str, *, wrapped: bool) -> bool:
    if _LIST_ITEM.match(line) or before.startswith("#"):
        return False
    if before[-1] in ".!?…。！？:;":
        return False  # joining would change nothing: sentences are cut there anyway
    return wrapped or line[:1].islower()


def _split_line(line: str) -> list[str]:
    pieces: list[str] = []
    start = 0
    for match in _END.finditer(line):
        head = line[start : match.end()].strip()
        following = line[match.end() : match.end() + 1]
        if following.islower() or _ABBREVIATION.search(line[start : match.start()]):
            continue
        pieces.append(head)
        start = match.end()
    pieces.append(line[start:].strip())
    cleaned = (_MARKS.sub("", piece).strip() for piece in pieces)
    return [piece for piece in cleaned if re.search(r"\w", piece)]
