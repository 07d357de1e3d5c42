"""Which bytes are text, which are a PDF, and which are neither."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from fpdf import FPDF
from pypdf import PdfReader, PdfWriter

from lambdas.shared.adapters.document_text_reader import DocumentTextReader
from lambdas.shared.domain.document_text import decode_text, recognise
from lambdas.shared.domain.errors import UnreadableDocumentError

GERMAN = "Größe und Übung: ein kurzer Text über Häuser."
KOREAN = "한국어로 쓴 짧은 보고서입니다."


def pdf(*pages: str) -> bytes:
    document = FPDF()
    document.set_font("Helvetica", size=12)
    for page in pages:
        document.add_page()
        document.multi_cell(0, 6, page) if page else document.rect(10, 10, 20, 20)
    return bytes(document.output())


def encrypted(content: bytes, user_password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(user_password, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (GERMAN.encode(), GERMAN),
        (KOREAN.encode(), KOREAN),
        ("\ufeff".encode() + KOREAN.encode(), KOREAN),
        (KOREAN.encode("utf-16"), KOREAN),
        ("\ufeff".encode("utf-16-be") + GERMAN.encode("utf-16-be"), GERMAN),
        (GERMAN.encode("utf-16-le"), GERMAN),
        (GERMAN.encode("utf-16-be"), GERMAN),
        (GERMAN.encode("utf-32"), GERMAN),
        (GERMAN.encode("cp1252"), GERMAN),
        (b"a page\x0cand the next", "a page\x0cand the next"),
    ],
)
def test_text_is_read_in_the_encodings_that_people_use(content: bytes, text: str) -> None:
    assert decode_text(content) == text


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 20,
        b"MZ\x90\x00\x03\x00\x00\x00" + bytes(300),
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"\x01\x02\x03\x04 looks like text but is none",
        KOREAN.encode("euc-kr"),
        b"broken \x81\x8d\x8f utf-8",
        b"\xff\xfe" + b"a",
    ],
)
def test_a_binary_called_txt_is_not_text(content: bytes) -> None:
    with pytest.raises(UnreadableDocumentError) as raised:
        decode_text(content)
    assert raised.value.code == "not_text"


@pytest.mark.parametrize("content", [b" \n\t ", "\ufeff".encode(), "\u3000\n".encode()])
def test_white_space_alone_is_an_empty_document(content: bytes) -> None:
    with pytest.raises(UnreadableDocumentError) as raised:
        decode_text(content)
    assert raised.value.code == "empty_document"


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"hello", "a.txt", "text"),
        (b"hello", "a.MD", "text"),
        (b"hello", "inbox/acme.corp/README", "text"),
        (b"%PDF-1.7 ...", "a.txt", "pdf"),
        (b"junk before\n%PDF-1.4 ...", "scan", "pdf"),
    ],
)
def test_the_content_decides_the_kind(content: bytes, name: str, kind: str) -> None:
    assert recognise(content, name) == kind


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.txt", "empty_document"),
        (b"", "a.pdf", "empty_document"),
        (b"hello", "a.pdf", "damaged_pdf"),
        (b"PK\x03\x04", "a.docx", "unsupported_type"),
        (b"MZ", "tool.exe", "unsupported_type"),
    ],
)
def test_what_is_neither_has_its_reason(content: bytes, name: str, code: str) -> None:
    with pytest.raises(UnreadableDocumentError) as raised:
        recognise(content, name)
    assert raised.value.code == code


def test_a_pdf_is_read_page_by_page() -> None:
    pages = DocumentTextReader().read(pdf("The first page.", "", "The third page."), "a.pdf")
    assert [page.strip() for page in pages] == ["The first page.", "", "The third page."]


def test_a_pdf_that_only_restricts_printing_is_read() -> None:
    pages = DocumentTextReader().read(encrypted(pdf("Open to all."), ""), "a.pdf")
    assert pages[0].strip() == "Open to all."


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (encrypted(pdf("Secret."), "password"), "encrypted_pdf"),
        (pdf("", ""), "no_text"),
        (b"%PDF-1.7\nnot really", "damaged_pdf"),
        (pdf("Cut off in the middle.")[:300], "damaged_pdf"),
    ],
)
def test_a_pdf_that_cannot_be_read_has_its_reason(content: bytes, code: str) -> None:
    with pytest.raises(UnreadableDocumentError) as raised:
        DocumentTextReader().read(content, "a.pdf")
    assert raised.value.code == code


def test_a_pdfs_headings_and_paragraphs_stay_apart() -> None:
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
    (page,) = DocumentTextReader().read(bytes(document.output()), "a.pdf")
    paragraphs = [" ".join(paragraph.split()) for paragraph in page.split("\n\n")]
    assert [paragraph[:21] for paragraph in paragraphs] == [
        "A Title",
        "The first paragraph i",
        "The second paragraph.",
        "A heading",
        "Its text.",
    ]


def test_no_word_of_a_pdf_is_lost_or_moved() -> None:
    content = (Path(__file__).parents[3] / "examples" / "heron-field-report.pdf").read_bytes()
    pages = DocumentTextReader().read(content, "a.pdf")
    plain = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    assert [page.split() for page in pages] == [page.split() for page in plain]
