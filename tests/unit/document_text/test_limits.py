"""Inputs that were made to fill memories: each is refused with its code before it can."""

from __future__ import annotations

import io
import zipfile

import pytest

from lambdas.shared.adapters.text_readers import slides_text
from lambdas.shared.adapters.text_readers.extraction import Budget
from lambdas.shared.domain import document_limits as limits
from tests.unit.document_text.builders import W, docx, package, paragraph, read, refusal, xlsx, zipped
from tests.unit.document_text.test_office import presentation, shape, slide

MEBIBYTE = limits.MEBIBYTE
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]><w:document {W}>{paragraph("&l9;")}</w:document>'
OUTSIDE = '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd"><d/>'


def test_a_member_that_unpacks_a_thousandfold_is_refused() -> None:
    content = zipped({"a.txt": bytes(12 * MEBIBYTE)})
    assert len(content) < 100_000
    error = refusal(content)
    assert error.code == "archive_bomb" and "300 times" in str(error)


def test_an_office_file_is_guarded_as_an_archive_is() -> None:
    content = docx(paragraph("x") + " " * (12 * MEBIBYTE))
    assert refusal(content).code == "archive_bomb"


def test_declared_sizes_are_not_believed() -> None:
    """The directory says ten bytes; what comes out counts."""
    content = bytearray(zipped({"a.txt": b"x" * (12 * MEBIBYTE)}))
    at = content.rindex(b"a.txt") - 46
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert refusal(bytes(content)).code in ("archive_bomb", "damaged_zip")


def test_what_all_members_unpack_to_is_counted_together() -> None:
    noise = bytes(range(32, 127)) * 1100  # about 100 KB
    content = zipped({f"{n}.txt": noise for n in range(12)})
    error = refusal(content, budget=Budget(unpacked_bytes=MEBIBYTE))
    assert error.code == "archive_bomb" and "500 MB" in str(error)


def test_a_member_larger_than_a_document_may_be_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambdas.shared.adapters.text_readers.guarded_archive.LARGEST_DOCUMENT_BYTES", 1000)
    assert refusal(zipped({"a.txt": "x" * 2000})).code == "document_too_large"


def test_a_directory_of_a_million_entries_is_not_laid_out() -> None:
    entry = b"PK\x01\x02" + bytes(42)
    end = b"PK\x05\x06" + bytes(4) + b"\xff\xff\xff\xff" + (46 * 50_000).to_bytes(4, "little") + bytes(6)
    assert refusal(b"PK\x03\x04" + entry * 50_000 + end).code == "archive_bomb"


@pytest.mark.parametrize(
    "content",
    [
        package("word/document.xml", {"word/document.xml": BOMB}),
        package("word/document.xml", {"word/document.xml": OUTSIDE}),
        docx(paragraph("x"), styles=OUTSIDE),
        package("word/document.xml", {"word/document.xml": BOMB.encode("utf-16")}),
        zipped({"[Content_Types].xml": "", "_rels/.rels": OUTSIDE, "ppt/presentation.xml": "<p/>"}),
    ],
)
def test_entities_are_refused(content: bytes) -> None:
    assert refusal(content).code == "xml_entities"


def test_a_text_of_too_many_characters_is_refused() -> None:
    budget = Budget(characters=1000)
    error = refusal(b"word " * 300, "a.txt", budget=budget)
    assert error.code == "document_too_large" and "20,000,000 characters" in str(error)


def test_one_string_shown_in_a_million_cells_is_counted_each_time() -> None:
    rows = '<row><c t="s"><v>0</v></c></row>' * 2000
    content = xlsx(rows, strings=f"<si><t>{'x' * 1000}</t></si>")
    assert refusal(content, budget=Budget(characters=1_000_000)).code == "document_too_large"


def test_cells_at_the_edge_of_the_sheet_cost_no_more_than_others() -> None:
    rows = "".join(f'<row><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 2000))
    content = xlsx(rows)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None

    assert len(read(content).parts[0]) < 10_000


def test_too_many_slides_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slides_text, "MOST_PAGES", 1)
    error = refusal(presentation(slide(shape("title", "1")), slide(shape("title", "2"))))
    assert error.code == "too_many_pages" and "2 slides; at most 1" in str(error)


def test_elements_nested_without_end_neither_crash_nor_hang() -> None:
    deep = "<w:sdt>" * 50_000 + paragraph("deep") + "</w:sdt>" * 50_000
    content = package("word/document.xml", {"word/document.xml": f"<w:document {W}>{deep}</w:document>"})

    assert read(content).parts == ["deep"]
