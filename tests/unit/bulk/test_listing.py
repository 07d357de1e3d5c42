"""Sources become key files: what is a document, what is passed over, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.shared.domain.bulk.key_list import inventory_page, list_page, read_inventory
from lambdas.shared.domain.bulk.listing import Entry, ListingState, Page, after_page, key_files, listing_from
from lambdas.shared.domain.bulk.source import (
    AllowedSource,
    Source,
    SourceKind,
    check_source,
    overlap,
    parse_source,
)
from lambdas.shared.domain.bulk.tally import tally_of
from lambdas.shared.domain.dropped_object import DroppedObject
from lambdas.shared.domain.errors import InvalidInputError

PLACES = (AllowedSource("archive", "acme/"), AllowedSource("shared"))


def entries(count: int, size: int | None = 10) -> list[Entry]:
    return [Entry("archive", f"acme/{number}.txt", size) for number in range(count)]


def test_a_page_of_a_thousand_keys_is_two_key_files() -> None:
    state, files = after_page(ListingState(), Page(entries(1000), "more"), None)
    assert [len(file) for file in files] == [500, 500]
    assert (state.pages, state.token, state.done, state.files, state.bytes) == (1, "more", False, 2, 10_000)
    state, files = after_page(state, Page(entries(1), None), None)
    assert (state.done, state.files, state.tally.ids) == (True, 3, 1001)


def test_a_key_file_holds_at_most_a_hundred_megabytes_or_one_document() -> None:
    sizes = [60_000_000, 40_000_000, 1, 300_000_000, 5]
    files = key_files(Entry("archive", str(number), size) for number, size in enumerate(sizes))
    assert [[entry.size for entry in file] for file in files] == [[60_000_000, 40_000_000], [1], [300_000_000], [5]]


def test_folder_markers_are_no_documents_but_empty_objects_are() -> None:
    page = Page(
        [
            Entry("archive", "acme/", 0),
            Entry("archive", "acme/year/", 0),
            Entry("archive", "acme/logs_$folder$", 0),
            Entry("archive", "", 0),
            Entry("archive", "acme/empty.txt", 0),
        ],
        None,
    )
    state, files = after_page(ListingState(), page, None)
    assert (state.markers, [entry.key for entry in files[0]]) == (4, ["acme/empty.txt"])


def test_a_prefix_with_nothing_but_markers_has_no_key_file() -> None:
    state, files = after_page(ListingState(), Page([Entry("archive", "acme/", 0)], None), None)
    assert (files, state.files, state.tally.ids, state.done) == ([], 0, 0, True)


def test_a_document_that_a_list_names_twice_is_taken_once_also_on_another_page() -> None:
    seen: set[str] = set()
    state, files = after_page(ListingState(), Page([*entries(2), *entries(1)], "more"), seen)
    assert (len(files[0]), state.duplicates) == (2, 1)
    state, files = after_page(state, Page(entries(3), None), seen)
    assert ([entry.key for entry in files[0]], state.duplicates) == (["acme/2.txt"], 3)
    assert state.tally == tally_of(entry.document_id for entry in entries(3))


def test_the_state_stays_small_and_survives_its_commit() -> None:
    state = ListingState()
    for _ in range(40):
        state, _ = after_page(state, Page([], "more", [f"line {number}: no" for number in range(7)]), None)
    assert (state.rejected, len(state.examples)) == (280, 10)
    assert listing_from({**state.as_json(), "key_files": []}) == state


def test_a_document_has_the_id_that_it_has_when_it_is_dropped() -> None:
    dropped = DroppedObject("archive", "acme/1.txt", "v1", "00", 10)
    assert Entry("archive", "acme/1.txt").document_id == dropped.document_id


# ---- lists


def read(lines: list[str], *, json_lines: bool = False) -> Page:
    return list_page(lines, json_lines=json_lines, places=PLACES, first_line=1, next_token=None)


def test_csv_lists_name_objects_by_address_or_by_bucket_and_key() -> None:
    page = read(["uri", "s3://archive/acme/a b.txt", "", "shared,x/y.pdf", '"s3://shared/with, comma.txt"'])
    assert [(entry.bucket, entry.key) for entry in page.entries] == [
        ("archive", "acme/a b.txt"),
        ("shared", "x/y.pdf"),
        ("shared", "with, comma.txt"),
    ]
    assert not page.rejected


def test_json_lists_do_too() -> None:
    lines = [
        '{"uri": "s3://archive/acme/a.txt"}',
        '{"bucket": "shared", "key": "b.txt"}',
        '"s3://shared/c.txt"',
        "",
    ]
    assert [entry.key for entry in read(lines, json_lines=True).entries] == ["acme/a.txt", "b.txt", "c.txt"]


@pytest.mark.parametrize(
    "line",
    ["https://example.com/a.txt", "s3://archive", "s3://archive/", "ftp://archive/a", "a.txt", "s3://A_B/c", "{}"],
)
def test_a_line_that_is_no_address_is_rejected_with_its_number(line: str) -> None:
    page = read(["s3://shared/a.txt", line])
    assert len(page.entries) == 1
    assert page.rejected == ["line 2: no address of an S3 object (s3://<bucket>/<key>)"]


@pytest.mark.parametrize("line", ["s3://archive/other/a.txt", "s3://elsewhere/a.txt"])
def test_a_line_outside_the_tenant_s_places_is_rejected(line: str) -> None:
    (reason,) = read([line]).rejected
    assert "outside what your runs may read" in reason


@pytest.mark.parametrize("line", ['{"key": 3}', "not json", "[]", "[1, 2]", "3", "null"])
def test_a_json_line_of_another_shape_is_rejected(line: str) -> None:
    page = read([line], json_lines=True)
    assert len(page.rejected) + (line == "[]") == 1
    assert not page.entries


MANIFEST: dict[str, Any] = {
    "fileFormat": "CSV",
    "fileSchema": "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size",
    "destinationBucket": "arn:aws:s3:::inventories",
    "files": [{"key": "data/1.csv.gz"}, {"key": "data/2.csv.gz"}],
}


def test_an_inventory_gives_current_versions_with_their_keys_decoded() -> None:
    inventory = read_inventory(MANIFEST)
    assert (inventory.bucket, inventory.keys) == ("inventories", ("data/1.csv.gz", "data/2.csv.gz"))
    lines = [
        '"archive","acme/a+b%2Cc.txt","v2","true","false","12"',
        '"archive","acme/a+b%2Cc.txt","v1","false","false","11"',
        '"archive","acme/gone.txt","v3","true","true",""',
        '"elsewhere","x.txt","v1","true","false","1"',
    ]
    page = inventory_page(lines, inventory, places=PLACES, next_token=None)
    assert page.entries == [Entry("archive", "acme/a b,c.txt", 12)]
    assert page.rejected == ["row 4: s3://elsewhere is outside what your runs may read"]


@pytest.mark.parametrize("change", [{"fileFormat": "ORC"}, {"fileSchema": "Key, Size"}, {"files": None}])
def test_an_inventory_that_cannot_be_read_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        read_inventory({**MANIFEST, **change})


# ---- sources


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("s3://archive/acme/", Source(SourceKind.PREFIX, "archive", "acme/")),
        ("s3://archive", Source(SourceKind.PREFIX, "archive", "")),
        (" s3://archive/acme/list.csv", Source(SourceKind.LIST, "archive", "acme/list.csv")),
        ("s3://archive/list.jsonl", Source(SourceKind.LIST, "archive", "list.jsonl")),
        ("s3://archive/inv/2026/manifest.json", Source(SourceKind.INVENTORY, "archive", "inv/2026/manifest.json")),
    ],
)
def test_a_source_is_a_prefix_a_list_or_an_inventory(text: str, source: Source) -> None:
    assert parse_source(text) == source
    assert parse_source(source.uri) == source


@pytest.mark.parametrize(
    "text", ["", "archive/acme/", "https://archive.s3.amazonaws.com/x", "s3://", "s3://a/", "s3://x" * 30]
)
def test_anything_else_is_refused_with_the_field_and_the_remedy(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_source(text)
    assert [(error.pointer, "s3://<bucket>/<prefix>" in error.detail) for error in refused.value.errors] == [
        ("/source", True)
    ]


ALLOWED = (
    AllowedSource("docs", "bulk/acme/", "acme"),
    AllowedSource("docs", "bulk/zeta/", "zeta"),
    AllowedSource("open"),
)


def test_a_tenant_reads_its_own_places_and_nobody_else_s() -> None:
    check_source(parse_source("s3://docs/bulk/acme/2026/"), "acme", ALLOWED)
    check_source(parse_source("s3://open/any"), "acme", ALLOWED)
    for foreign in ("s3://docs/bulk/zeta/", "s3://docs/bulk/", "s3://docs/bulk/acme", "s3://other/"):
        with pytest.raises(InvalidInputError) as refused:
            check_source(parse_source(foreign), "acme", ALLOWED)
        assert "s3://docs/bulk/acme/, s3://open/" in str(refused.value)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("s3://archive/a/", "s3://archive/a/", True),
        ("s3://archive/a/", "s3://archive/a/b/", True),
        ("s3://archive/a/b/", "s3://archive/a/", True),
        ("s3://archive", "s3://archive/x/", True),
        ("s3://archive/a/", "s3://archive/b/", False),
        ("s3://archive/a/", "s3://other/a/", False),
        ("s3://archive/a.csv", "s3://archive/a.csv", True),
        ("s3://archive/a.csv", "s3://archive/b.csv", False),
    ],
)
def test_two_sources_overlap_where_one_holds_the_other(one: str, other: str, expected: bool) -> None:
    assert overlap(parse_source(one), parse_source(other)) is expected
