"""A ZIP is one document of several files; what cannot be read of it is told."""

from __future__ import annotations

import io
import zipfile

import pytest

from lambdas.shared.adapters.text_readers import archive_text
from tests.unit.document_text.builders import docx, paragraph, pdf, read, refusal, zipped

ENCRYPTED = 0x1


def flagged(content: bytes, name: bytes) -> bytes:
    """The same archive with the encryption bit of one member set in its directory."""
    at = content.rindex(name) - 46
    return content[: at + 8] + bytes([content[at + 8] | ENCRYPTED]) + content[at + 9 :]


def test_each_files_text_is_a_part_under_its_name() -> None:
    extraction = read(zipped({"notes/a.txt": "Alpha.", "b.docx": docx(paragraph("Beta.")), "c.csv": "x,y\n1,2"}))
    assert extraction.part_name == "file"
    assert extraction.parts == ["# notes/a.txt\n\nAlpha.", "# b.docx\n\nBeta.", "# c.csv\n\nx | y\n1 | 2"]
    assert extraction.skipped == []


def test_what_cannot_be_read_is_told_and_litter_is_not() -> None:
    members = {
        "a.txt": "Alpha.",
        "inner.zip": zipped({"x.txt": "x"}),
        "photo.png": b"\x89PNG\r\n\x1a\n",
        "blank.txt": " ",
        "scan.pdf": pdf(""),
        "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"),
        "entities.docx": docx(paragraph("x")).replace(b"PK\x05\x06", b"PK\x05\x07"),
        "__MACOSX/._a.txt": b"\0",
        "notes/.DS_Store": b"\0\0",
    }
    extraction = read(zipped(members))
    assert extraction.parts == ["# a.txt\n\nAlpha."]
    assert [sentence.split(":")[0] for sentence in extraction.skipped] == [
        "inner.zip", "photo.png", "blank.txt", "scan.pdf", "old.doc", "entities.docx",
    ]  # fmt: skip
    assert "archive within an archive" in extraction.skipped[0]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({}, "empty_document"),
        ({"inner.zip": zipped({"a.txt": "x"})}, "nested_archive"),
        ({"scan.pdf": pdf("")}, "no_text"),
        ({"a.png": b"\x89PNG\r\n\x1a\n", "b.png": b"\x89PNG\r\n\x1a\n", "c.txt": " "}, "unsupported_type"),
    ],
)
def test_an_archive_without_anything_to_read_is_refused(members: dict[str, bytes | str], code: str) -> None:
    assert refusal(zipped(members)).code == code


def test_encrypted_members_are_told_or_refused() -> None:
    both = flagged(zipped({"open.txt": "Alpha.", "secret.txt": "x"}), b"secret.txt")
    extraction = read(both)
    assert extraction.parts == ["# open.txt\n\nAlpha."]
    assert "secret.txt: It is encrypted" in extraction.skipped[0]
    assert refusal(flagged(zipped({"secret.txt": "x"}), b"secret.txt")).code == "encrypted_document"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_bounds_are_not_read(method: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a.txt", "Alpha. " * 50)
    error = refusal(out.getvalue())
    assert error.code == "unsupported_type"


def test_a_member_with_damaged_bytes_is_told() -> None:
    content = bytearray(zipped({"a.txt": "Alpha.", "b.txt": "Beta. " * 50}, packed=False))
    content[content.index(b"Beta") + 1] ^= 1
    extraction = read(bytes(content))
    assert extraction.parts == ["# a.txt\n\nAlpha."]
    assert extraction.skipped[0].startswith("b.txt: A file within the document is damaged")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/etc/passwd", "etc/passwd"),
        ("../../up.txt", "up.txt"),
        ("C:\\Users\\ines\\a.txt", "Users/ines/a.txt"),
        ("a/./b.txt", "a/b.txt"),
        ("보고서.txt", "보고서.txt"),
    ],
)
def test_names_are_shown_clean(name: str, shown: str) -> None:
    assert read(zipped({name: "Alpha."})).parts == [f"# {shown}\n\nAlpha."]


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("분기 보고서.txt", "cp949"), ("営業の報告書.txt", "cp932"), ("Größe.txt", "utf-8")],
)
def test_names_in_the_code_page_of_another_computer_are_read(name: str, encoding: str) -> None:
    raw = name.encode(encoding)
    placeholder = "n" * len(raw)
    content = zipped({placeholder: "Alpha."}).replace(placeholder.encode(), raw)
    assert read(content).parts == [f"# {name}\n\nAlpha."]


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_text, "MOST_FILES", 2)
    assert refusal(zipped({f"{n}.txt": "x" for n in range(3)})).code == "archive_bomb"


def test_the_names_of_many_unreadable_files_are_not_all_told() -> None:
    members: dict[str, bytes | str] = {f"{n}.png": b"\x89PNG\r\n\x1a\n" for n in range(60)}
    sentences = read(zipped({"a.txt": "Alpha.", **members})).sentences()
    assert len(sentences) == 51 and sentences[-1] == "Not told one by one: 10 more things."
