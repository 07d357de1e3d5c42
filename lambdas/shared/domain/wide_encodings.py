"""UTF-16 and UTF-32 without a byte order mark, told by what the bytes would say."""

from __future__ import annotations

import unicodedata
from typing import Literal

Wide = Literal["utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"]

_BY_WIDTH: dict[int, tuple[Wide, Wide]] = {4: ("utf-32-le", "utf-32-be"), 2: ("utf-16-le", "utf-16-be")}
_LOOKED_AT = 4096
_MOST_ODD = 0.02
# Control characters, surrogates, private and unassigned code points
_ODD = frozenset({"Cc", "Cs", "Co", "Cn"})
_LAYOUT = frozenset("\t\n\r\f\v")


def unmarked_wide_encoding(content: bytes) -> Wide | None:
    """The encoding that makes text of bytes with zeros among them; None where there are none, or none makes text."""
    sample = content[:_LOOKED_AT]
    if 0 not in sample:
        return None
    for width, encodings in _BY_WIDTH.items():
        if len(content) % width:
            continue
        texts = {encoding: text for encoding in encodings if _is_text(text := sample.decode(encoding, "replace"))}
        if texts:
            # U+6100 is a letter as well as "a": only the right order of the bytes gives spaces and line ends.
            return max(texts, key=lambda encoding: sum(map(texts[encoding].count, " \n,.0e")))
    return None


def _is_text(text: str) -> bool:
    # Zeros come from ASCII characters; small numbers in a binary file would else pass for rare letters.
    if not any((character.isascii() and character.isprintable()) or character.isspace() for character in text):
        return False
    # the last character may have been cut
    odd = sum(1 for character in text[:-1] or text if _is_odd(character))
    return odd <= len(text) * _MOST_ODD


def _is_odd(character: str) -> bool:
    return character == "\ufffd" or (unicodedata.category(character) in _ODD and character not in _LAYOUT)
