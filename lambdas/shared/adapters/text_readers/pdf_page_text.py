"""A PDF page's text with its paragraphs: pypdf gives lines, and where they lie tells which belong together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pypdf import PageObject

# Between paragraphs the step is at least this many times the usual one; a heading's letters differ by this much.
_WIDER_STEP = 1.2
_OTHER_SIZE = 1.1


@dataclass(slots=True)
class _Line:
    """`y` grows upwards; `size` is the height of the letters in the same unit."""

    text: str
    y: float
    size: float


def page_text(page: PageObject) -> str:
    """The page's text, line by line, with an empty line between paragraphs and around headings.

    Without it, a heading runs into the sentence below it. Nothing of pypdf's text is left out or moved.
    """
    lines: list[_Line] = []
    fresh = True

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        nonlocal fresh
        for number, piece in enumerate(text.replace("\0", "").split("\n")):
            fresh = fresh or number > 0
            if not piece:
                continue
            if fresh:
                lines.append(_Line(piece, tm[5] * cm[3] + cm[5], size * abs(tm[3] * cm[3]) or size))
                fresh = False
            else:
                lines[-1].text += piece

    page.extract_text(visitor_text=visit)
    return _joined([line for line in lines if line.text.strip()])


def _joined(lines: list[_Line]) -> str:
    steps = [None if _differ(above.size, below.size) else _step(above, below) for above, below in pairwise(lines)]
    downward = sorted(step for step in steps if step is not None and step > 0)
    # The lower quartile: on a page of short paragraphs half of the steps lie between paragraphs.
    usual = downward[len(downward) // 4] if downward else 0.0
    parts = [line.text for line in lines[:1]]
    for line, step in zip(lines[1:], steps, strict=True):
        apart = step is None or step > usual * _WIDER_STEP
        parts += ["\n\n" if apart else "\n", line.text]
    return "".join(parts)


def _step(above: _Line, below: _Line) -> float:
    """How far down the next line begins, in heights of its letters; negative where a new column begins."""
    return (above.y - below.y) / below.size if below.size else 0.0


def _differ(one: float, other: float) -> bool:
    return max(one, other) > min(one, other) * _OTHER_SIZE
