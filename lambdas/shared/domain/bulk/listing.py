"""Turns a source into key files of some hundred documents each, one page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lambdas.shared.domain.bulk.tally import Tally, tally_from_text
from lambdas.shared.domain.dropped_object import DroppedObject

KEYS_PER_FILE = 500
BYTES_PER_FILE = 100 * 1000 * 1000
_MOST_EXAMPLES = 10
# What Hadoop and its relatives leave behind for an empty folder.
_MARKERS = ("/", "_$folder$")


class Entry(NamedTuple):
    """An object to be summarized; `size` in bytes, None where the source does not tell."""

    bucket: str
    key: str
    size: int | None = None

    @property
    def document_id(self) -> str:
        """The same as for an object that is dropped."""
        return DroppedObject(self.bucket, self.key, "", "", 0).document_id

    @property
    def is_marker(self) -> bool:
        """Stands for a folder and is no document. Another object of 0 bytes is one: it ends as `empty_document`."""
        return self.key.endswith(_MARKERS) or not self.key


class Page(NamedTuple):
    """What one call to the source gave. `rejected` are lines that cannot be taken, each with its reason;
    `next_token` None = this was the last page."""

    entries: Sequence[Entry]
    next_token: str | None
    rejected: Sequence[str] = ()


class ListingState(NamedTuple):
    """What is known after `pages` pages: counts and one token, whatever the size of the archive."""

    pages: int = 0
    token: str | None = None
    done: bool = False
    files: int = 0
    bytes: int = 0
    tally: Tally = Tally()
    markers: int = 0
    duplicates: int = 0
    rejected: int = 0
    examples: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What a page's commit keeps."""
        return {**self._asdict(), "tally": self.tally.as_text(), "examples": list(self.examples)}


def listing_from(fields: Mapping[str, Any]) -> ListingState:
    """The inverse of `ListingState.as_json`."""
    known = {name: fields[name] for name in ListingState._fields}
    return ListingState(**{**known, "tally": tally_from_text(known["tally"]), "examples": tuple(known["examples"])})


def after_page(state: ListingState, page: Page, seen: set[str] | None) -> tuple[ListingState, list[list[Entry]]]:
    """The state after one more page, and the key files to write for it.

    `seen` holds the document ids of earlier pages and takes this page's; None where the source cannot name a document
    twice (S3 lists every key once).
    """
    named = [entry for entry in page.entries if not entry.is_marker]
    documents = named if seen is None else _unseen(named, seen)
    files = key_files(documents)
    room = _MOST_EXAMPLES - len(state.examples)
    after = ListingState(
        pages=state.pages + 1,
        token=page.next_token,
        done=page.next_token is None,
        files=state.files + len(files),
        bytes=state.bytes + sum(entry.size or 0 for entry in documents),
        tally=_counted(state.tally, documents),
        markers=state.markers + len(page.entries) - len(named),
        duplicates=state.duplicates + len(named) - len(documents),
        rejected=state.rejected + len(page.rejected),
        examples=(*state.examples, *page.rejected[:room]),
    )
    return after, files


def key_files(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Lists of at most 500 documents or 100 MB; one larger document has a list of its own."""
    files: list[list[Entry]] = []
    size = 0
    for entry in entries:
        bytes_ = entry.size or 0
        if not files or len(files[-1]) == KEYS_PER_FILE or size + bytes_ > BYTES_PER_FILE:
            files.append([])
            size = 0
        files[-1].append(entry)
        size += bytes_
    return files


def _unseen(entries: Iterable[Entry], seen: set[str]) -> list[Entry]:
    new = []
    for entry in entries:
        id_ = entry.document_id
        if id_ not in seen:
            seen.add(id_)
            new.append(entry)
    return new


def _counted(tally: Tally, entries: Iterable[Entry]) -> Tally:
    for entry in entries:
        tally = tally.with_id(entry.document_id)
    return tally
