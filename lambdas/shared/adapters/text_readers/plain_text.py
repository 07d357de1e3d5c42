"""Plain text and Markdown, which are read as they are."""

from __future__ import annotations

from lambdas.shared.adapters.text_readers.encodings import decode_text
from lambdas.shared.adapters.text_readers.extraction import Extraction


def read_plain_text(content: bytes, extraction: Extraction) -> None:
    extraction.write(decode_text(content).replace("\r\n", "\n"))
    extraction.end_part()
