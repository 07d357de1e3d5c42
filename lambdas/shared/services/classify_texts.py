"""Sorts texts into classes that are described, shown by examples, or both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lambdas.shared.domain.errors import FieldError, InvalidInputError
from lambdas.shared.services.embed_texts import Asked, EmbedTexts, Spending, spending

MAX_CLASS_TEXTS = 2_048


class TextClass(NamedTuple):
    """A class stands for what its description says and its examples show; without either, for its label."""

    label: str
    description: str | None = None
    examples: Sequence[str] = ()

    @property
    def texts(self) -> list[str]:
        """What is embedded for it: the description, if there is one (or nothing else), then the examples."""
        if self.description is not None:
            return [f"{self.label}: {self.description}", *self.examples]
        return list(self.examples) or [self.label]

    @property
    def pointers(self) -> list[str]:
        """Where each of `texts` stands, below the class."""
        examples = [f"/examples/{place}" for place in range(len(self.examples))]
        if self.description is not None:
            return ["/description", *examples]
        return examples or ["/label"]


class Certainty(NamedTuple):
    """An answer below either is uncertain. Both are cosines, whose usual size differs from model to model."""

    min_score: float
    min_margin: float


class Classification(NamedTuple):
    """All classes as (label, score), best first. `margin`: by how much the first is ahead of the second."""

    ranking: list[tuple[str, float]]
    margin: float
    uncertain: bool


class Classified(NamedTuple):
    """One classification for each text, in their order."""

    classifications: list[Classification]
    spending: Spending


class ClassifyTexts:
    """By the cosine with each class's prototype."""

    def __init__(self, texts: EmbedTexts) -> None:
        self._texts = texts

    def classify(
        self, asked: Asked, texts: Sequence[tuple[str, str]], classes: Sequence[TextClass], certainty: Certainty
    ) -> Classified:
        """`texts`: each with its JSON pointer. Raises InvalidInputError (labels, too many examples), then what
        `EmbedTexts.embed` does."""
        from lambdas.shared.services.vectors.prototypes import class_scores

        _check(classes)
        wanted = [
            (text, f"/classes/{place}{pointer}")
            for place, each in enumerate(classes)
            for text, pointer in zip(each.texts, each.pointers, strict=True)
        ]
        if len(wanted) > MAX_CLASS_TEXTS:
            raise _bad("/classes", f"have {len(wanted):,} descriptions and examples; send at most {MAX_CLASS_TEXTS:,}")
        everything = [*texts, *wanted]
        found = self._texts.embed(
            asked,
            [text for text, _ in everything],
            input_type="classification",
            pointer=lambda index: everything[index][1],
        )
        rest = iter(found.vectors[len(texts) :])
        examples = [[next(rest) for _ in each.texts] for each in classes]
        scores = class_scores(found.vectors[: len(texts)], examples)
        labels = [each.label for each in classes]
        return Classified([_classification(labels, row, certainty) for row in scores], spending(found))


def _classification(labels: Sequence[str], scores: Sequence[float], certainty: Certainty) -> Classification:
    ranking = sorted(zip(labels, scores, strict=True), key=lambda each: -each[1])
    (_, best), (_, second) = ranking[:2]
    margin = round(best - second, 7)
    return Classification(ranking, margin, best < certainty.min_score or margin < certainty.min_margin)


def _check(classes: Sequence[TextClass]) -> None:
    seen: dict[str, int] = {}
    for place, each in enumerate(classes):
        pointer = f"/classes/{place}/label"
        if not each.label.strip():
            raise _bad(pointer, "must not be blank; give the class a name")
        if each.label in seen:
            raise _bad(pointer, f"is the label of class {seen[each.label]} too; join the two or rename one")
        seen[each.label] = place
        if each.description is not None and not each.description.strip():
            raise _bad(f"/classes/{place}/description", "must not be blank; leave it out or give it words")


def _bad(pointer: str, detail: str) -> InvalidInputError:
    return InvalidInputError(f"{pointer}: {detail}.", errors=(FieldError(pointer, detail),))
