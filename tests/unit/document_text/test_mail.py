"""E-mails: header lines, the body, attachments; what lies deeper is named."""

from __future__ import annotations

import struct
from email.message import EmailMessage

import pytest

from tests.unit.document_text.builders import docx, paragraph, pdf, read, refusal, zipped
from tests.unit.document_text.compound_file import compound_file


def message(text: str | None = "The boat leaves at six.", *, html: str | None = None) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = "Ines Amado <ines@example.org>", "crew@example.org"
    made["Subject"], made["Date"] = "Abfahrt geändert", "Thu, 20 Aug 2026 18:00:00 +0200"
    made["Message-ID"] = "<1@example.org>"
    if text is not None:
        made.set_content(text)
    if html is not None:
        made.add_alternative(html, subtype="html")
    return made


def outlook(**more: object) -> bytes:
    ticks = 134_000_000_000_000_000
    properties = bytes(32) + struct.pack("<IIQ", 0x00390040, 6, ticks)
    return compound_file(
        {
            "__properties_version1.0": properties,
            "__substg1.0_0037001F": "Abfahrt geändert".encode("utf-16-le"),
            "__substg1.0_0C1A001F": "Ines Amado".encode("utf-16-le"),
            "__substg1.0_5D01001F": "ines@example.org".encode("utf-16-le"),
            "__substg1.0_0E04001F": "crew".encode("utf-16-le"),
            **more,  # type: ignore[dict-item]
        }
    )


class TestEml:
    def test_headers_and_the_plain_body_come_first(self) -> None:
        extraction = read(message(html="<p>The <b>boat</b> leaves.</p>").as_bytes())
        assert extraction.part_name == "message"
        assert extraction.parts == [
            "From: Ines Amado <ines@example.org>\nTo: crew@example.org\nDate: Thu, 20 Aug 2026 18:00:00 +0200\n"
            "Subject: Abfahrt geändert\n\nThe boat leaves at six."
        ]
        assert extraction.skipped == []

    def test_a_message_of_html_alone_is_read_as_html(self) -> None:
        made = message(None)
        made.set_content("<h1>News</h1><p hidden>no</p><p>At six.</p>", subtype="html")
        assert read(made.as_bytes()).parts[0].endswith("# News\n\nAt six.")

    @pytest.mark.parametrize("charset", ["euc-kr", "iso-2022-jp", "koi8-r"])
    def test_the_declared_encoding_is_believed(self, charset: str) -> None:
        text = {"euc-kr": "배가 여섯 시에", "iso-2022-jp": "船は六時に", "koi8-r": "Лодка в шесть"}[charset]
        made = message(None)
        made.set_content(text, charset=charset)
        assert read(made.as_bytes()).parts[0].endswith(text)

    def test_attachments_that_can_be_read_are_parts(self) -> None:
        made = message()
        made.add_attachment(
            docx(paragraph("The list.")), maintype="application", subtype="octet-stream", filename="l.docx"
        )
        made.add_attachment("a;b\n1;2\n", subtype="csv", filename="표.csv")
        made.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="boat.png")
        made.add_attachment(zipped({"a.txt": "x"}), maintype="application", subtype="zip", filename="all.zip")
        made.add_attachment(pdf(""), maintype="application", subtype="pdf", filename="scan.pdf")
        extraction = read(made.as_bytes())
        assert extraction.parts[1:] == ["# Attachment l.docx\n\nThe list.", "# Attachment 표.csv\n\na | b\n1 | 2"]
        assert [sentence.split(":")[0] for sentence in extraction.skipped] == [
            "Attachment boat.png", "Attachment all.zip", "Attachment scan.pdf",
        ]  # fmt: skip

    def test_a_forwarded_message_is_read_and_its_attachments_are_named(self) -> None:
        inner = message("Inner words.")
        inner.add_attachment("deep", filename="deep.txt")
        outer = message("Outer words.")
        outer.add_attachment(inner)
        extraction = read(outer.as_bytes())
        assert "Inner words." in extraction.parts[1] and "deep" not in extraction.parts[1]
        (sentence,) = extraction.skipped
        assert "deep.txt" in sentence and "drop it by itself" in sentence

    def test_a_sealed_message_is_refused(self) -> None:
        sealed = b"From: a@b\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime\r\n\r\nMII="
        assert refusal(sealed).code == "encrypted_document"

    def test_headers_of_old_programs_in_raw_bytes_are_read(self) -> None:
        raw = "From: Ines\r\nSubject: Größe und Länge\r\nMessage-ID: <1>\r\n\r\nText.".encode("cp1252")
        assert "Subject: Größe und Länge" in read(raw).parts[0]

    def test_deeply_nested_multiparts_are_read(self) -> None:
        head = "From: a\r\nTo: b\r\nMIME-Version: 1.0\r\n"
        nested = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(300))
        assert "From: a" in read((head + nested).encode(), "a.eml").parts[0]


class TestMsg:
    def test_headers_body_and_attachments_are_read(self) -> None:
        extraction = read(
            outlook(
                **{
                    "__substg1.0_1000001F": "The boat leaves at six.\r\n".encode("utf-16-le"),
                    "__attach_version1.0_#00000000": {
                        "__substg1.0_3707001F": "list.csv".encode("utf-16-le"),
                        "__substg1.0_37010102": b"a,b\n1,2\n",
                    },
                    "__attach_version1.0_#00000001": {"__substg1.0_3704001F": "old.msg".encode("utf-16-le")},
                }
            )
        )
        assert extraction.parts == [
            "From: Ines Amado <ines@example.org>\nTo: crew\nDate: 2025-08-18 14:13 UTC\nSubject: Abfahrt geändert\n\n"
            "The boat leaves at six.",
            "# Attachment list.csv\n\na | b\n1 | 2",
        ]
        (sentence,) = extraction.skipped
        assert "old.msg" in sentence

    def test_an_html_body_and_texts_of_one_byte_a_letter_are_read(self) -> None:
        body = {
            "__substg1.0_10130102": b"<p>At <b>six</b>.</p>",
            "__substg1.0_0E03001E": "Käthe Würth".encode("cp1252"),
        }
        (part,) = read(outlook(**body)).parts
        assert part.endswith("At six.") and "Cc: Käthe Würth" in part

    def test_a_body_in_compressed_rtf_alone_is_told(self) -> None:
        extraction = read(outlook(**{"__substg1.0_10090102": b"LZFu"}))
        assert ["compressed RTF" in sentence for sentence in extraction.skipped] == [True]

    def test_a_damaged_file_is_refused(self) -> None:
        assert refusal(outlook()[:1600]).code == "damaged_msg"
