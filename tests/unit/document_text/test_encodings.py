"""Text in every encoding that people still use, and bytes that are none."""

from __future__ import annotations

import os

import pytest

from lambdas.shared.adapters.text_readers.encodings import decode_text
from lambdas.shared.domain.errors import UnreadableDocumentError
from tests.unit.document_text.builders import read

SENTENCES = {
    "en": "It’s “quoted” text – with a dash — and £100 or €20.",
    "de": "Größe und Übung: ein kurzer Text über Häuser und Straßen in München.",
    "fr": "L’été dernier, le château a reçu des visiteurs français; « très bien », a dit l’élève.",
    "es": "El año pasado la compañía vendió más de lo que esperaba; ¿qué pasará mañana?",
    "pl": "Sprawozdanie z działalności spółki: przychody wzrosły, żółć i gęś.",
    "hu": "Az őszi jelentés szerint a bevétel nőtt, a költségek csökkentek.",
    "tr": "Üçüncü çeyrek satış raporu: gelirler geçen yıla göre arttı, İstanbul’da şube açıldı.",
    "lt": "Trečiojo ketvirčio pardavimų ataskaita: pajamos išaugo, žąsys ir ėriukai.",
    "ru": "Отчёт о продажах за третий квартал. Выручка выросла на двенадцать процентов.",
    "el": "Η έκθεση πωλήσεων για το τρίτο τρίμηνο. Τα έσοδα αυξήθηκαν.",
    "he": "דוח המכירות לרבעון השלישי. ההכנסות גדלו בשנים עשר אחוזים.",
    "ar": "تقرير المبيعات للربع الثالث. ارتفعت الإيرادات بنسبة اثني عشر بالمئة.",
    "th": "รายงานการขายไตรมาสที่สาม รายได้เพิ่มขึ้น",
    "ja": "本日は晴天なり。新製品の販売計画について、来週の会議で説明します。",
    "ko": "한국어로 쓴 짧은 보고서입니다. 이번 분기의 매출은 작년보다 크게 늘었습니다.",
    "zh": "本报告介绍了今年的销售情况。与去年相比,收入增长了百分之十二。",
    "tw": "本報告介紹了今年的銷售情況。與去年相比,收入增長了百分之十二。",
}
ENCODINGS = {
    "en": ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "cp1252"],
    "de": ["cp1252", "iso8859-15", "utf-16-le"],
    "fr": ["cp1252"],
    "es": ["cp1252", "iso8859-1"],
    "pl": ["cp1250", "iso8859-2"],
    "hu": ["cp1250", "iso8859-2"],
    "tr": ["cp1254"],
    "lt": ["cp1257"],
    "ru": ["cp1251", "koi8-r", "iso8859-5", "cp866", "utf-16-be"],
    "el": ["cp1253", "iso8859-7"],
    "he": ["cp1255"],
    "ar": ["cp1256"],
    "th": ["cp874"],
    "ja": ["shift_jis", "euc_jp", "iso2022_jp", "utf-16-le"],
    "ko": ["euc-kr", "cp949", "utf-16-le", "utf-32-be"],
    "zh": ["gb18030", "utf-16-be"],
    "tw": ["big5"],
}
CASES = [(language, encoding) for language, encodings in ENCODINGS.items() for encoding in encodings]


@pytest.mark.parametrize(("language", "encoding"), CASES)
def test_a_sentence_is_read_in_the_encodings_of_its_language(language: str, encoding: str) -> None:
    content = f"{SENTENCES[language]}\n".encode(encoding, "replace")
    assert decode_text(content) == content.decode(encoding).removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("language", "encoding"), [("ko", "cp949"), ("ja", "iso2022_jp"), ("fr", "cp1252"), ("ru", "koi8-r")]
)
def test_a_long_text_is_told_by_a_sample_and_read_whole(language: str, encoding: str) -> None:
    text = "An English introduction.\n" * 5000 + (SENTENCES[language] + "\n") * 2000
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("language", "encoding"), [("ko", "cp949"), ("zh", "gb18030"), ("ja", "shift_jis"), ("de", "cp1252")]
)
@pytest.mark.parametrize("shift", range(3))
def test_a_long_text_without_lines_or_spaces_is_read(language: str, encoding: str, shift: int) -> None:
    text = "x" * shift + SENTENCES[language].replace(" ", "") * 3000
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 20,
        b"MZ\x90\x00\x03\x00\x00\x00" + bytes(300),
        b"\x01\x02\x03\x04 looks like text but is none",
        b"broken \x81\x8d\x8f utf-8",
        b"\xff\xfe" + b"a",
        bytes(byte | 0x80 for byte in os.urandom(400)),
    ],
)
def test_what_cannot_be_told_is_not_text(content: bytes) -> None:
    with pytest.raises(UnreadableDocumentError) as raised:
        decode_text(content)
    assert raised.value.code == "not_text"


@pytest.mark.parametrize("content", [b" \n\t ", "\ufeff".encode(), "\u3000\n".encode(), b"\0 \0\n"])
def test_white_space_alone_is_an_empty_document(content: bytes) -> None:
    with pytest.raises(UnreadableDocumentError) as raised:
        decode_text(content)
    assert raised.value.code == "empty_document"


def test_an_encoding_that_is_declared_wrongly_is_not_believed() -> None:
    assert decode_text("Größe".encode(), "cp1252") == "Größe"
    assert decode_text("Größe und Länge".encode("cp1252"), "no-such-encoding") == "Größe und Länge"


def test_a_page_break_and_windows_line_ends_are_kept_as_text() -> None:
    assert read(b"a page\x0cand the next\r\nline", "a.txt").parts == ["a page\x0cand the next\nline"]


@pytest.mark.parametrize("line_end", ["\n", " "])
def test_the_first_accent_may_come_late(line_end: str) -> None:
    text = f"Nothing to tell by.{line_end}" * 80_000 + SENTENCES["fr"]
    assert decode_text(text.encode("cp1252")) == text
