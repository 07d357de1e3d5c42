"""Words that were never used before and that nobody can guess."""

from __future__ import annotations

import hashlib
import itertools
import secrets


class FreshWords:
    """Call it for a word of `2 * size` hex digits: a hash of a secret of this process and a count. A question needs
    four of them, and asking the kernel for each can take longer than all else that is done for it.

    Processes have secrets of their own; one that is copied while it runs (a snapshot) would repeat its words.
    """

    def __init__(self, size: int = 8) -> None:
        self._size = size
        self._secret = secrets.token_bytes(32)
        self._count = itertools.count()  # its `next` is atomic

    def __call__(self) -> str:
        number = next(self._count).to_bytes(8, "big")
        return hashlib.blake2b(number, digest_size=self._size, key=self._secret).hexdigest()
