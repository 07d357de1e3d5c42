"""The process of its own: its outcome comes back whole, and when time or memory run out there is a coded error."""

from __future__ import annotations

import zlib

import pytest

from lambdas.shared.adapters.document_text_reader import DocumentTextReader
from lambdas.shared.adapters.isolated_reading import read_isolated
from lambdas.shared.domain.document_limits import MEBIBYTE
from lambdas.shared.domain.document_text import DocumentText, NeedsOcrError
from lambdas.shared.domain.errors import UnreadableDocumentError
from tests.unit.document_text.builders import docx, paragraph, pdf, zipped


def pdf_of(operators: bytes) -> bytes:
    """One page with these drawing operators, packed."""
    packed = zlib.compress(operators, 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(packed), packed),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, entry in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, entry)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)
    return body + b"xref\n0 6\n0000000000 65535 f \n" + table + trailer


# Some 15 KB that keep pypdf busy for more than ten seconds.
SLOW = pdf_of(b"BT /F1 12 Tf (x) Tj ET\n" * 250_000)


class TestDocumentTextReader:
    def test_a_document_comes_back_with_its_language_and_what_was_skipped(self) -> None:
        text = "Das ist ein kurzer Text über die Häuser, der nicht lang ist."
        content = zipped({"a.txt": text, "b.png": b"\x89PNG\r\n\x1a\n"})
        document = DocumentTextReader().read(content, "inbox/acme/all.zip")
        assert document == DocumentText(
            parts=(f"# a.txt\n\n{text}",),
            language="de",
            part_name="file",
            skipped=("b.png: A picture (PNG) is no document; put it into a PDF.",),
        )

    def test_plain_text_needs_no_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("subprocess.run", None)
        document = DocumentTextReader().read("한국어로 쓴 짧은 보고서입니다.".encode("cp949"), "a.txt")
        assert (document.parts, document.language) == (("한국어로 쓴 짧은 보고서입니다.",), "ko")

    def test_a_refusal_keeps_its_code_and_words(self) -> None:
        with pytest.raises(UnreadableDocumentError, match="save it again") as raised:
            DocumentTextReader().read(pdf("x")[:300], "a.pdf")
        assert raised.value.code == "damaged_pdf"

    def test_a_scan_comes_back_as_one(self) -> None:
        with pytest.raises(NeedsOcrError) as raised:
            DocumentTextReader().read(pdf("", ""), "a.pdf")
        assert raised.value.pages == 2

    def test_a_document_without_text_is_empty(self) -> None:
        with pytest.raises(UnreadableDocumentError) as raised:
            DocumentTextReader().read(docx(paragraph("")), "a.docx")
        assert raised.value.code == "empty_document"

    def test_halves_of_characters_do_not_leave_it(self) -> None:
        document = DocumentTextReader().read(rb"{\rtf1 a\u-10180?b}", "a.rtf")
        document.parts[0].encode("utf-8")
        assert document.parts[0].startswith("a") and document.parts[0].endswith("b")


class TestTheProcess:
    def test_a_parser_that_takes_too_long_is_stopped(self) -> None:
        assert len(SLOW) < 20_000
        with pytest.raises(UnreadableDocumentError, match=r"longer than 0\.7 seconds") as raised:
            read_isolated(SLOW, "a.pdf", seconds=0.7)
        assert raised.value.code == "document_too_complex"

    def test_a_parser_that_takes_too_much_memory_is_stopped(self) -> None:
        content = b"{\\rtf1 " + b"word " * 3_000_000 + b"}"
        with pytest.raises(UnreadableDocumentError, match="60 MB of memory") as raised:
            read_isolated(content, "a.rtf", memory_bytes=60 * MEBIBYTE)
        assert raised.value.code == "document_too_complex"
