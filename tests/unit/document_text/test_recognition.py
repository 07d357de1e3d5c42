"""The content decides what a document is; the name only where the content leaves a choice."""

from __future__ import annotations

import pytest

from lambdas.shared.domain.document_limits import LARGEST_DOCUMENT_BYTES
from lambdas.shared.domain.document_text import recognise
from lambdas.shared.domain.errors import UnreadableDocumentError
from tests.unit.document_text.builders import docx, package, paragraph, xlsx, zipped
from tests.unit.document_text.compound_file import compound_file

WORD = docx(paragraph("x"))
MAIL = b"Received: from a\r\nFrom: a@b.org\r\nTo: c@d.org\r\nSubject: s\r\n\r\nText"


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"hello", "a.txt", "text"),
        (b"hello", "inbox/acme.corp/README", "text"),
        (b"hello", "report.v2", "text"),
        (b'{"a": 1}', "a.json", "text"),
        ("인사".encode("utf-16"), "a.txt", "text"),
        (b"hello", "a.MD", "markdown"),
        (b"a,b\n1,2", "a.csv", "csv"),
        (b"a,b\n1,2", "a.tsv", "csv"),
        (b"only words", "a.docx", "text"),
        (b"%PDF-1.7 ...", "a.txt", "pdf"),
        (b"junk before\n%PDF-1.4 ...", "scan", "pdf"),
        (b"A file begins with %PDF-1.7, says the norm.", "a.txt", "text"),
        (WORD, "a.txt", "docx"),
        (WORD, "a.pdf", "docx"),
        (xlsx(""), "a", "xlsx"),
        (package("ppt/presentation.xml", {"ppt/presentation.xml": "<p/>"}), "a.bin", "pptx"),
        (zipped({"a.txt": "x"}), "a.docx", "zip"),
        (zipped({"a.docx": WORD}, packed=False), "a", "zip"),
        (b"{\\rtf1 x}", "a.doc", "rtf"),
        (b"<!DOCTYPE html><p>x", "a.xls", "html"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<html><body>", "page", "html"),
        ("<html><body>x".encode("utf-16"), "page", "html"),
        (b"<p>only a piece</p>", "a.html", "html"),
        (b"no tag in it", "a.html", "text"),
        (MAIL, "a.txt", "eml"),
        (b"From - Thu Aug 20\n" + MAIL, "a", "eml"),
        (b"From: Ines\nSubject: a memo\n\nText", "a.txt", "text"),
        (b"From: Ines\nSubject: a memo\n\nText", "a.eml", "eml"),
        (compound_file({"__properties_version1.0": b"x"}), "a", "msg"),
    ],
)
def test_the_kind_is_that_of_the_content(content: bytes, name: str, kind: str) -> None:
    assert recognise(content, name) == kind


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.txt", "empty_document"),
        (b"hello", "a.pdf", "damaged_pdf"),
        (b"PK\x03\x04", "a.docx", "damaged_docx"),
        (WORD[:-40], "a.docx", "damaged_docx"),
        (WORD[:-40], "a", "damaged_zip"),
        (b"\x00\x01\x02\x03" * 9, "a.xlsx", "damaged_xlsx"),
        (b"MZ\x90\0" + bytes(300), "tool.exe", "unsupported_type"),
        (b"\x00\x01\x02", "a.dat", "unsupported_type"),
        (b"\x89PNG\r\n\x1a\n", "a.txt", "unsupported_type"),
        (b"\x00\x00\x00\x20ftypmp42", "a.mp4", "unsupported_type"),
        (zipped({"mimetype": "application/epub+zip"}), "a.epub", "unsupported_type"),
        (zipped({"[Content_Types].xml": "", "visio/document.xml": ""}), "a.vsdx", "unsupported_type"),
        (zipped({"[Content_Types].xml": "", "xl/workbook.bin": ""}), "a.xlsb", "unsupported_type"),
        (compound_file({"WordDocument": b"x"}), "a.doc", "unsupported_type"),
        (compound_file({"Workbook": b"x"}), "a.xls", "unsupported_type"),
        (compound_file({"PowerPoint Document": b"x"}), "a.ppt", "unsupported_type"),
        (compound_file({"Other": b"x"}), "a.hwp", "unsupported_type"),
        (compound_file({"EncryptedPackage": b"x"}), "a.docx", "encrypted_document"),
    ],
)
def test_what_is_not_read_has_its_reason_and_remedy(content: bytes, name: str, code: str) -> None:
    with pytest.raises(UnreadableDocumentError) as raised:
        recognise(content, name)
    assert raised.value.code == code
    assert any(word in str(raised.value) for word in ("save", "drop", "put", "program"))


def test_comments_before_a_page_are_passed_in_one_go() -> None:
    """Each might end at any of the others' ends: 2 to the power of 500 ways."""
    assert recognise(b"<!---->" * 500 + b"text", "a") == "text"
    assert recognise(b"<!---->\n" * 400 + b"<html>", "a") == "html"


def test_a_file_over_the_limit_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(UnreadableDocumentError, match="50 MB") as raised:
        recognise(bytes(LARGEST_DOCUMENT_BYTES + 1), "a.pdf")
    assert raised.value.code == "document_too_large"
