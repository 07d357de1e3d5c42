"""Proof that two piles of files name the same ids, each once, without holding the ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

_BYTES = 16
_MODULUS = 1 << (8 * _BYTES)


class Tally(NamedTuple):
    """A count and the sum of the ids' digests: a hash of the multiset, whatever the order and the grouping.

    Two tallies are equal when the same ids were counted equally often; a lost id and another one counted twice leave
    the count as it is, but not the sum. It guards against mistakes, not against somebody who forges ids
    (https://people.csail.mit.edu/devadas/pubs/mhashes.pdf).
    """

    ids: int = 0
    digest: int = 0

    def plus(self, other: Tally) -> Tally:
        """Both piles together."""
        return Tally(self.ids + other.ids, (self.digest + other.digest) % _MODULUS)

    def with_id(self, id_: str) -> Tally:
        """One id more."""
        return Tally(self.ids + 1, (self.digest + _digest(id_)) % _MODULUS)

    def as_text(self) -> str:
        """`<count>:<hexadecimal digest>`, for stored JSON."""
        return f"{self.ids}:{self.digest:032x}"


def tally_of(ids: Iterable[str]) -> Tally:
    """The tally of all of them."""
    count = total = 0
    for id_ in ids:
        count += 1
        total += _digest(id_)
    return Tally(count, total % _MODULUS)


def tally_from_text(text: str) -> Tally:
    """The inverse of `as_text`. Raises ValueError."""
    count, _, digest = text.partition(":")
    return Tally(int(count), int(digest, 16))


def _digest(id_: str) -> int:
    return int.from_bytes(hashlib.blake2b(id_.encode(), digest_size=_BYTES).digest(), "big")
