"""How many tokens an archive has, from a sample of it, and how wrong that can be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from lambdas.shared.domain.bulk.archive_profile import Stratum


class Measured(NamedTuple):
    """A document of the sample that was read. One without text has no tokens, and counts as such; so has one of which
    there is a summary already: nothing of it will be asked."""

    kind: str
    bytes: int
    tokens: int
    characters: int
    summarized: bool = False


class KindEstimate(NamedTuple):
    """What a byte of this kind is worth. `tokens` is the kind's total, `variance` that of the total. `asked` is the
    share of its documents of which something is to be asked, `asked_variance` that of their number; `summarized` of
    the sample have their summary."""

    stratum: Stratum
    tokens_per_byte: float
    characters_per_byte: float
    tokens: float
    variance: float
    sampled: int
    asked: float = 1.0
    asked_variance: float = 0.0
    summarized: int = 0


class TokenEstimate(NamedTuple):
    """The archive's content tokens: the true number is within `tokens ± bound` nineteen times out of twenty, and so
    is the number of documents that are to be asked about, within `asked ± asked_bound`.

    A ratio estimate, separately for each kind (Cochran, Sampling Techniques, 1977, chapter 6): tokens per byte of the
    sample times the kind's bytes, which the listing knows exactly. Its variance is that of the residuals
    `tokens - ratio * bytes`, with the correction for a finite archive: a sample of all of it has none. `bound` takes
    Student's t of the smallest sample. A kind with fewer than two sampled documents is bounded by its whole estimate.

    The share of documents that are to be asked about is the sample's; its variance is Agresti's and Coull's (1998), so
    that a sample of which nothing is to be asked has one too. Where all is to be asked, the estimate is the most that
    it can be.
    """

    kinds: tuple[KindEstimate, ...]
    tokens: int
    bound: int
    asked: int
    asked_bound: int

    @property
    def relative_bound(self) -> float:
        """The bound as a share of the estimate."""
        return self.bound / self.tokens if self.tokens else 0.0


def estimate_content(strata: Iterable[Stratum], sample: Iterable[Measured]) -> TokenEstimate:
    """Raises ValueError for a kind of which nothing was measured."""
    by_kind: dict[str, list[Measured]] = {}
    for measured in sample:
        by_kind.setdefault(measured.kind, []).append(measured)
    kinds = tuple(_kind(stratum, by_kind) for stratum in strata)
    smallest = min((kind.sampled for kind in kinds if kind.variance > 0), default=2)
    half_width = _students_t(smallest - 1) * math.sqrt(sum(kind.variance for kind in kinds))
    return TokenEstimate(
        kinds,
        tokens=round(sum(kind.tokens for kind in kinds)),
        bound=math.ceil(half_width),
        asked=round(sum(kind.asked * kind.stratum.documents for kind in kinds)),
        asked_bound=math.ceil(1.96 * math.sqrt(sum(kind.asked_variance for kind in kinds))),
    )


def _kind(stratum: Stratum, by_kind: Mapping[str, Sequence[Measured]]) -> KindEstimate:
    sample = by_kind.get(stratum.kind, ())
    if not sample:
        raise ValueError(f"no document of kind {stratum.kind} was sampled")
    size = sum(each.bytes for each in sample)
    ratio = sum(each.tokens for each in sample) / size if size else 0.0
    tokens = ratio * stratum.bytes
    asked = sum(each.tokens > 0 for each in sample)
    return KindEstimate(
        stratum=stratum,
        tokens_per_byte=ratio,
        characters_per_byte=sum(each.characters for each in sample) / size if size else 0.0,
        tokens=tokens,
        variance=_variance(stratum, sample, ratio, tokens),
        sampled=len(sample),
        asked=asked / len(sample),
        asked_variance=_asked_variance(stratum.documents, asked, len(sample)),
        summarized=sum(each.summarized for each in sample),
    )


def _variance(stratum: Stratum, sample: Sequence[Measured], ratio: float, tokens: float) -> float:
    count, all_ = len(sample), stratum.documents
    if count >= all_:
        return 0.0
    if count < 2:
        return (tokens / _students_t(1)) ** 2
    residuals = sum((each.tokens - ratio * each.bytes) ** 2 for each in sample) / (count - 1)
    return all_**2 * (1 - count / all_) * residuals / count


def _asked_variance(documents: int, asked: int, sampled: int) -> float:
    if asked == sampled:
        return 0.0
    share = (asked + 2) / (sampled + 4)
    return documents**2 * (1 - sampled / documents) * share * (1 - share) / (sampled + 4)


def _students_t(freedom: int) -> float:
    """The 97.5 % quantile, at most 4 % too large."""
    if freedom <= 1:
        return 12.71
    return 1.96 + 2.45 / freedom + 4.6 / freedom**2
