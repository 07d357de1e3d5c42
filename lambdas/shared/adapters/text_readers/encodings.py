"""Text out of bytes in any encoding that people still use."""

from __future__ import annotations

import codecs
import re

from lambdas.shared.adapters.text_readers.western_letters import best_reading, is_western
from lambdas.shared.domain.errors import UnreadableDocumentError
from lambdas.shared.domain.wide_encodings import unmarked_wide_encoding

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The encodings of the WHATWG's standard that files are found in. Left to all that Python knows, the detector takes
# KOI8-R for Shift_JIS-2004 and Polish for Nordic.
_CANDIDATES = [
    "cp932", "euc_jp", "iso2022_jp", "cp949", "gb18030", "big5", "big5hkscs", "cp1251", "koi8_r", "koi8_u", "iso8859_5",
    "cp866", "cp1253", "iso8859_7", "cp1255", "iso8859_8", "cp1256", "iso8859_6", "cp874", "cp1252", "cp1250", "cp1254",
    "cp1257", "cp1258", "iso8859_2", "iso8859_15",
]  # fmt: skip
_WITHOUT_COHERENCE = frozenset(("cp932", "euc_jp", "iso2022_jp", "cp949", "gb18030", "big5", "big5hkscs", "cp874"))
_SAMPLE_BYTES = 64 * 1024
_LOOKED_THROUGH = 16 * _SAMPLE_BYTES
_LAYOUT = frozenset("\t\n\r\f\v\x1a\x1b")
_MOST_CONTROLS = 0.005
_FEWEST_LETTERS = 0.5
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


def decode_text(content: bytes, declared: str | None = None) -> str:
    """The text; `declared` is an encoding that the document itself or its container names, and is believed where it
    fits. Raises UnreadableDocumentError `not_text` for what looks binary or is in no known encoding, and
    `empty_document` where nothing but white space is left."""
    text = _decode(content, declared)
    controls = sum(1 for found in _CONTROL.findall(text) if found not in _LAYOUT)
    if "\0" in text or controls > len(text) * _MOST_CONTROLS:
        raise _not_text("it holds control characters, as binary files do")
    if not text.strip():
        raise UnreadableDocumentError(
            "The document holds nothing but white space; drop one with text.", code="empty_document"
        )
    return text


def _decode(content: bytes, declared: str | None) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding).removeprefix("\ufeff")
            except UnicodeDecodeError as error:
                raise _not_text(f"it has the mark of {encoding.upper()} but cannot be decoded") from error
    wide = unmarked_wide_encoding(content)
    if wide is not None:
        return content.decode(wide, "replace")
    if b"\0" in content:
        raise _not_text("it holds zero bytes, as binary files do")
    # ISO-2022-JP is seven-bit: valid UTF-8, and not meant so
    likely = ("iso2022_jp" if b"\x1b$" in content else "", "utf-8", declared or "")
    for encoding in filter(None, likely):
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return _decode_legacy(content)


def _decode_legacy(content: bytes) -> str:
    from charset_normalizer import from_bytes

    sample = _sample(content)
    # a sample without lines may end within a character, of four bytes at most
    cuts = (sample[: len(sample) - cut] for cut in range(4 if len(content) > _SAMPLE_BYTES else 1))
    answers = (from_bytes(cut, cp_isolation=_CANDIDATES, enable_fallback=False).best() for cut in cuts)
    best = next((answer for answer in answers if answer is not None), None)
    encoding = best.encoding if best is not None else None
    if best is None or is_western(str(best)):
        encoding = best_reading(sample) or encoding
    elif best.coherence == 0 and encoding not in _WITHOUT_COHERENCE:
        encoding = None  # every byte is a letter in these: what follows no language's frequencies is no text
    elif encoding == "cp949" and _is_rather_japanese(sample):
        encoding = "cp932"
    if encoding is None:
        raise _not_text("its encoding is not known; save it as UTF-8")
    text = content.decode(encoding, "replace")
    letters = sum(1 for character in text[:_SAMPLE_BYTES] if character.isalnum() or character.isspace())
    if text.count("\ufffd") > len(text) * _MOST_CONTROLS or letters < min(len(text), _SAMPLE_BYTES) * _FEWEST_LETTERS:
        raise _not_text("its encoding is not known; save it as UTF-8")
    return text


def _is_rather_japanese(sample: bytes) -> bool:
    """Short Japanese texts are also syllables of CP949, but such as Korean does without: KS X 1001 lacks them."""
    try:
        sample.decode("euc_kr")
    except UnicodeDecodeError:
        return any("\u3040" < character < "\u3100" for character in sample.decode("cp932", "replace"))
    return False


def _sample(content: bytes) -> bytes:
    """Lines with something to tell by, whole ones, because a character of several bytes must not be cut; of a text
    without lines what begins at the first such byte."""
    if len(content) <= _SAMPLE_BYTES:
        return content
    first = _BEYOND_ASCII.search(content)
    start = first.start() if first else 0
    start = content.rfind(b"\n", max(start - _SAMPLE_BYTES, 0), start) + 1 or start
    window = content[start : start + _LOOKED_THROUGH]
    kept, size = [], 0
    for line in window.split(b"\n")[:-1]:
        if not line.isascii() and size + len(line) <= _SAMPLE_BYTES:
            kept.append(line)
            size += len(line)
    return b"\n".join(kept) or window[:_SAMPLE_BYTES]


def _not_text(why: str) -> UnreadableDocumentError:
    return UnreadableDocumentError(f"The document cannot be read as text: {why}.", code="not_text")
