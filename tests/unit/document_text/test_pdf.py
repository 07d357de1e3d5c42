"""PDFs page by page, and what is wrong with those that cannot be read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from fpdf import FPDF
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from lambdas.shared.adapters.text_readers import pdf_text
from lambdas.shared.domain.document_text import NeedsOcrError
from tests.unit.document_text.builders import encrypted_pdf, pdf, read, refusal

EXAMPLES = Path(__file__).parents[3] / "examples"


def with_picture(*texts: str) -> bytes:
    document = FPDF()
    document.set_font("Helvetica", size=12)
    for text in texts:
        document.add_page()
        document.multi_cell(0, 6, text) if text else document.image(Image.new("1", (20, 20)), x=0, y=0)
    return bytes(document.output())


def rewritten(content: bytes, change: object) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    change(writer)  # type: ignore[operator]
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_is_read_page_by_page_and_blank_pages_keep_their_place() -> None:
    extraction = read(pdf("The first page.", "", "The third page."))
    assert (extraction.part_name, extraction.parts) == ("page", ["The first page.", "", "The third page."])


def test_a_pdf_that_only_restricts_printing_is_read() -> None:
    assert read(encrypted_pdf(pdf("Open to all."), "")).parts == ["Open to all."]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (encrypted_pdf(pdf("Secret."), "password"), "encrypted_pdf"),
        (b"%PDF-1.7\nnot really", "damaged_pdf"),
        (pdf("Cut off in the middle.")[:300], "damaged_pdf"),
        (pdf("x").replace(b"/Pages", b"/Pagez"), "damaged_pdf"),
    ],
)
def test_a_pdf_that_cannot_be_read_has_its_reason(content: bytes, code: str) -> None:
    assert refusal(content, "a.pdf").code == code


def test_a_pdf_of_pictures_needs_ocr_and_says_how_many_pages_it_has() -> None:
    error = refusal(with_picture("", ""))
    assert isinstance(error, NeedsOcrError)
    assert (error.code, error.pages) == ("needs_ocr", 2) and "OCR" in str(error)


def test_pages_that_are_pictures_among_others_are_told() -> None:
    extraction = read(with_picture("Text.", "", "", "More.", ""))
    assert extraction.skipped == ["Pages that are pictures without text and were not read: 2-3, 5."]


def test_a_damaged_page_is_told_and_the_others_are_read() -> None:
    def change(writer: PdfWriter) -> None:
        writer.pages[1][NameObject("/Resources")] = NameObject("/Missing")

    extraction = read(rewritten(pdf("One.", "Two.", "Three."), change))
    assert extraction.parts == ["One.", "", "Three."]
    assert extraction.skipped == ["Pages that are damaged and were not read: 2."]


def test_what_was_filled_into_a_form_is_read() -> None:
    def change(writer: PdfWriter) -> None:
        field = DictionaryObject(
            {
                NameObject("/FT"): NameObject("/Tx"),
                NameObject("/T"): TextStringObject("Boat"),
                NameObject("/V"): TextStringObject("Heron II"),
            }
        )
        form = DictionaryObject({NameObject("/Fields"): ArrayObject([writer._add_object(field)])})
        writer.root_object[NameObject("/AcroForm")] = form

    assert read(rewritten(pdf("A form."), change)).parts == ["A form.\n\nBoat: Heron II"]


def test_pages_that_contain_each_other_end() -> None:
    def change(writer: PdfWriter) -> None:
        pages = writer.root_object["/Pages"]
        pages["/Kids"].append(writer.root_object.raw_get("/Pages"))  # type: ignore[union-attr]

    content = rewritten(pdf("One."), change)
    assert refusal(content).code == "damaged_pdf"


def test_too_many_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "MOST_PAGES", 2)
    error = refusal(pdf("1", "2", "3"))
    assert error.code == "too_many_pages" and "3 pages; at most 2" in str(error)


def test_headings_and_paragraphs_stay_apart() -> None:
    document = FPDF()
    document.add_page()
    for text, style, size in (
        ("A Title", "B", 18),
        ("The first paragraph is long enough to take more than one line of the page, as paragraphs are. " * 2, "", 11),
        ("The second paragraph.", "", 11),
        ("A heading", "B", 13),
        ("Its text.", "", 11),
    ):
        document.set_font("Helvetica", style=style, size=size)
        document.multi_cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")
        document.ln(4)
    (page,) = read(bytes(document.output())).parts
    paragraphs = [" ".join(paragraph.split()) for paragraph in page.split("\n\n")]
    assert [paragraph[:21] for paragraph in paragraphs] == [
        "A Title",
        "The first paragraph i",
        "The second paragraph.",
        "A heading",
        "Its text.",
    ]


def test_no_word_is_lost_or_moved() -> None:
    content = (EXAMPLES / "heron-field-report.pdf").read_bytes()
    plain = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    assert [page.split() for page in read(content).parts] == [page.split() for page in plain]
