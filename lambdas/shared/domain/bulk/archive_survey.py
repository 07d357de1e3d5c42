"""What listing a source tells before anything is read or spent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lambdas.shared.domain.bulk.archive_profile import ArchiveProfile, Stratum
from lambdas.shared.domain.bulk.listing import Entry, ListingState, Page, after_page
from lambdas.shared.domain.bulk.run_decisions import EMPTY, REJECTED
from lambdas.shared.domain.bulk.schedule import Refusal
from lambdas.shared.domain.document_limits import LARGEST_DOCUMENT_BYTES, MEBIBYTE


class ArchiveSurvey(NamedTuple):
    """`complete` False: the source goes on behind what was listed, which ended with `last_key`. `too_large` documents
    end as failed, unread. `sized` False: the source tells no sizes, so that each document counts as one unit of size.
    """

    listing: ListingState
    strata: tuple[Stratum, ...]
    too_large: int
    complete: bool
    sized: bool
    last_key: str = ""

    @property
    def documents(self) -> int:
        return self.listing.tally.ids


class Surveyor:
    """Adds up pages one by one and keeps none of them."""

    def __init__(self, *, sample_per_kind: int, can_repeat: bool) -> None:
        self._profile = ArchiveProfile(sample_per_kind=sample_per_kind)
        self._seen: set[str] | None = set() if can_repeat else None
        self._too_large = 0
        self._sized = True
        self._last_key = ""
        self.listing = ListingState()

    def add(self, page: Page) -> None:
        """One page more."""
        self.listing, files = after_page(self.listing, page, self._seen)
        self._last_key = page.entries[-1].key if page.entries else self._last_key
        self._profile.add_all(entry for file in files for entry in self._readable(file))

    def survey(self) -> ArchiveSurvey:
        """All of it."""
        return ArchiveSurvey(
            self.listing,
            self._profile.strata(),
            self._too_large,
            complete=self.listing.done,
            sized=self._sized,
            last_key=self._last_key,
        )

    def _readable(self, entries: list[Entry]) -> Iterator[Entry]:
        for entry in entries:
            if entry.size is None:
                self._sized = False
                yield entry._replace(size=1)
            elif entry.size > LARGEST_DOCUMENT_BYTES:
                self._too_large += 1
            else:
                yield entry


def survey_refusals(survey: ArchiveSurvey, source: str) -> Iterator[Refusal]:
    """Why a run over such a source would come to nothing."""
    listing = survey.listing
    if listing.rejected:
        yield Refusal(
            "/source",
            REJECTED,
            f"{listing.rejected} lines of {source} cannot be taken, among them {'; '.join(listing.examples)}; mend or "
            "remove them",
        )
    elif not survey.documents:
        markers = f", only {listing.markers} folder markers" if listing.markers else ""
        yield Refusal("/source", EMPTY, f"there is no document at {source}{markers}; name a prefix that has some")
    elif survey.documents == survey.too_large:
        yield Refusal("/source", EMPTY, f"every document at {source} is {_too_large()}; split them")


def survey_notes(survey: ArchiveSurvey, source: str, tenant: str) -> Iterator[str]:
    """What an operator should know of it, in sentences."""
    listing = survey.listing
    if not survey.complete:
        yield (
            f"Counted are the first {survey.documents:,} documents, up to {survey.last_key}; the source goes on behind "
            "them, and S3 does not tell how far. Documents, tokens, jobs and price are those of the counted ones, a "
            "lower bound of what a run takes, for a run takes all; it ends later than finish_by. To count all: "
            f"python -m ops bulk plan {source} --tenant {tenant}"
        )
    if listing.markers:
        yield f"{listing.markers:,} folder markers are passed over."
    if listing.duplicates:
        yield f"{listing.duplicates:,} lines name a document again and are passed over."
    if survey.too_large:
        yield f"{survey.too_large:,} documents will end as failed (too_large): each is {_too_large()}."
    if not survey.sized:
        yield "The source tells no sizes: tokens are estimated by the document, not by the byte."


def _too_large() -> str:
    return f"larger than {LARGEST_DOCUMENT_BYTES // MEBIBYTE} MB, which is not read"
