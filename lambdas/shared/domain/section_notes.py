"""What was learned of a document's sections, as the text that its summary is written from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lambdas.shared.domain.summary import Summary
from lambdas.shared.domain.tokens import estimate_tokens


def note_of(summary: Summary, *, number: int, of: int) -> str:
    """One section's summary as text."""
    points = [f"- {' '.join(point.split())}" for point in summary.key_points]
    topics = f"Topics: {', '.join(summary.topics)}"
    head = [summary.title, f"(section {number} of {of})"]
    return "\n".join([*head, "", summary.summary, "", *points, topics])


def grouped_notes(notes: Sequence[str], *, most_tokens: int) -> tuple[str, ...]:
    """The notes in their order, joined into as few texts as hold at most `most_tokens` estimated tokens each; at least
    two notes a text, so that each level of merging has fewer texts than the one below it."""
    return tuple("\n\n".join(group) for group in _groups(notes, most_tokens))


def _groups(notes: Sequence[str], most_tokens: int) -> Iterator[list[str]]:
    group: list[str] = []
    size = 0
    for note in notes:
        tokens = estimate_tokens(note)
        if len(group) >= 2 and size + tokens > most_tokens:
            yield group
            group, size = [], 0
        group.append(note)
        size += tokens
    if group:
        yield group
