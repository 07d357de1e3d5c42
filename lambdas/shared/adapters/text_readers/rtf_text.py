"""The text of RTF documents: what is text, in which code page, and what belongs to pictures, fonts and the like.

striprtf drops footnotes and text boxes and does not know headings. The format: Rich Text Format Specification 1.9.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from lambdas.shared.adapters.text_readers.extraction import Extraction
from lambdas.shared.adapters.text_readers.rtf_paragraphs import RtfParagraphs
from lambdas.shared.adapters.text_readers.rtf_words import CHARSETS, SIGNS, UNREAD
from lambdas.shared.domain.errors import UnreadableDocumentError

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([\r\n\0]+)|([^\\{}\r\n\0]+)", re.DOTALL
)
_DEEPEST = 10_000
# Starred groups are for programs that know them; these hold text for people.
_READ_THOUGH_STARRED = frozenset({"shpinst", "footnote"})
_HEARD_IN = {"fonttbl": frozenset({"f", "fcharset"}), "stylesheet": frozenset({"s", "outlinelevel", "uc", "u"})}


@dataclass(frozen=True, slots=True)
class _Group:
    """What a group inherits and gives back at its end. `destination` is "" where text is the document's."""

    destination: str = ""
    font: int = -1
    hidden: bool = False
    fallback: int = 1  # bytes after a Unicode character that say the same to old readers


def read_rtf(content: bytes, extraction: Extraction) -> None:
    paragraphs = RtfParagraphs(extraction)
    _Rtf(paragraphs).read(content)
    paragraphs.close()
    extraction.end_part()


class _Rtf:
    def __init__(self, paragraphs: RtfParagraphs) -> None:
        self._paragraphs = paragraphs
        self._group = _Group()
        self._outer: list[_Group] = []
        self._bytes = bytearray()
        self._encoding = "cp1252"
        self._encodings: dict[int, str] = {}
        self._font = -1
        self._to_drop = 0
        self._starred = False
        self._words: dict[str, Callable[[int], None]] = {
            **paragraphs.words(),
            "f": self._set_font,
            "deff": self._set_font,
            "fcharset": self._set_charset,
            "ansicpg": self._set_code_page,
            "v": lambda value: self._change(hidden=value != 0),
            "deleted": lambda value: self._change(hidden=value != 0),
            "plain": lambda _: self._change(hidden=False),
            "uc": lambda value: self._change(fallback=max(value, 0)),
            "u": self._put_unicode,
        }

    def read(self, content: bytes) -> None:
        position = 0
        while (token := _TOKEN.match(content, position)) is not None:
            position = token.end()
            word, number, hexadecimal, sign, brace, line_end, text = token.groups()
            if hexadecimal or text:
                self._put_bytes(text or bytes((int(hexadecimal, 16),)))
            elif not line_end:
                self._flush()
                if word == b"bin":
                    position += max(int(number or 0), 0)
                elif word:
                    self._hear(word.decode("ascii"), number)
                elif sign:
                    self._put_sign(sign.decode("latin-1"))
                else:
                    self._open_or_close(brace)
        self._flush()

    def _open_or_close(self, brace: bytes) -> None:
        self._to_drop, self._starred = 0, False
        if brace == b"}":
            self._group = self._outer.pop() if self._outer else self._group
        elif len(self._outer) < _DEEPEST:
            self._outer.append(self._group)
        else:
            raise UnreadableDocumentError("The RTF's groups are nested without end; save it again.", code="damaged_rtf")

    def _hear(self, word: str, number: bytes | None) -> None:
        self._to_drop = 0
        starred, self._starred = self._starred, False
        destination = self._group.destination
        if word in UNREAD or (starred and word not in _READ_THOUGH_STARRED):
            self._change(destination=destination or word)
        elif word in SIGNS:
            self._put(SIGNS[word])
        elif word in self._words and (not destination or word in _HEARD_IN.get(destination, ())):
            self._words[word](1 if number is None else int(number))
        if word in ("listtext", "pntext") and not destination:
            self._paragraphs.mark_bullet()

    def _put_sign(self, sign: str) -> None:
        self._to_drop = 0
        if sign == "*":
            self._starred = True
        elif sign in "\r\n":
            self._hear("par", None)
        else:
            self._put({"~": "\xa0", "_": "-"}.get(sign, sign if sign in "\\{}" else ""))

    def _put_bytes(self, content: bytes) -> None:
        """Characters of two bytes may come as escapes, or one half so: they are decoded when the run of them ends."""
        dropped = min(self._to_drop, len(content))
        self._to_drop -= dropped
        if self._group.destination in ("", "stylesheet"):
            self._bytes += content[dropped:]

    def _flush(self) -> None:
        if self._bytes:
            codec = self._encodings.get(self._group.font, self._encoding)
            text = self._bytes.decode(codec, "replace")
            self._bytes.clear()
            self._put(text)

    def _put(self, text: str) -> None:
        if self._group.destination == "stylesheet":
            self._paragraphs.name_style(text)
        elif not self._group.destination and not self._group.hidden:
            self._paragraphs.put(text)

    def _put_unicode(self, value: int) -> None:
        self._put(chr(value & 0xFFFF))
        self._to_drop = self._group.fallback

    def _set_font(self, number: int) -> None:
        self._font = number
        self._change(font=number)

    def _set_charset(self, charset: int) -> None:
        if charset in CHARSETS:
            self._encodings[self._font] = CHARSETS[charset]

    def _set_code_page(self, number: int) -> None:
        encoding = "utf-8" if number == 65001 else f"cp{number}"
        try:
            b"".decode(encoding)
        except LookupError:
            return
        self._encoding = encoding

    def _change(self, **changes: object) -> None:
        self._group = replace(self._group, **changes)  # type: ignore[arg-type]
