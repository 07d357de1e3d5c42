"""Work on many items at the same time, with results in the order of the items."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


def overlapped(work: Callable[[ItemT], ResultT], items: Iterable[ItemT], *, workers: int) -> Iterator[ResultT]:
    """`map(work, items)` by so many threads: for work that waits for the network. At most twice as many items are held
    as there are threads, however many there are. What one of them raises is raised in its place."""
    if workers == 1:
        yield from map(work, items)
        return
    waiting = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        under_way: deque[Future[ResultT]] = deque(pool.submit(work, item) for item in islice(waiting, 2 * workers))
        try:
            while under_way:
                yield under_way.popleft().result()
                under_way.extend(pool.submit(work, item) for item in islice(waiting, 1))
        finally:
            for future in under_way:
                future.cancel()
