"""The port to a run's files: JSON lines that are streamed, and commits that can be made only once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol


class RowWriter(Protocol):
    """A file that is being written; it appears, whole, when its context ends without an exception."""

    def write(self, row: Mapping[str, Any]) -> int:
        """Add a line; answers its bytes."""
        ...


class TableWriter(Protocol):
    """A table that is being written; it appears, whole, when its context ends without an exception."""

    def write(self, cells: Sequence[str]) -> None:
        """Add a row."""
        ...


class RunFiles(Protocol):
    """Files in the results bucket."""

    def rows(self, key: str) -> Iterator[dict[str, Any]]:
        """The lines of a file that we have written. Raises ObjectMissingError."""
        ...

    def output_rows(self, prefix: str) -> Iterator[dict[str, Any] | None]:
        """The lines of every `.jsonl.out` below the prefix, in no order; None for a line that is no JSON object."""
        ...

    def open(self, key: str) -> AbstractContextManager[RowWriter]:
        """A new file, or one that takes the place of another."""
        ...

    def concatenate(self, sources: Sequence[str], target: str) -> None:
        """One file of the lines of many; takes the place of another."""
        ...

    def open_table(self, key: str) -> AbstractContextManager[TableWriter]:
        """A new CSV file, or one that takes the place of another."""
        ...

    def read(self, key: str) -> dict[str, Any] | None:
        """A commit; None while there is none."""
        ...

    def create(self, key: str, value: Mapping[str, Any]) -> bool:
        """Make a commit; False when somebody has made it before, and then nothing has changed."""
        ...
