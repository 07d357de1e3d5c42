"""Work that an invocation does once its whole answer is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

_LOG = logging.getLogger(__name__)


class AnswerThenWork:
    """An answer's pieces; `close()` does the work.

    Our streaming loop closes an answer after its last byte has been taken, and asks for the next invocation only then:
    nobody waits for the work, while Lambda lets the process run (and bills it).
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-invoke
    """

    def __init__(self, pieces: Iterator[bytes], work: Sequence[Callable[[], object]]) -> None:
        self._pieces = pieces
        self._work = work

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """End the answer where it stands, then work. What the work raises is logged, by its class alone."""
        try:
            getattr(self._pieces, "close", _nothing)()
        finally:
            work, self._work = self._work, ()
            for each in work:
                try:
                    each()
                except Exception as error:
                    _LOG.warning("work after the answer failed: %s", type(error).__name__)


def _nothing() -> None:
    """Iterators that are no generators have nothing to close."""
