"""How much of a document is read: beyond these it is refused with a code, before it can cost time or memory."""

from __future__ import annotations

MEBIBYTE = 1024 * 1024

LARGEST_DOCUMENT_BYTES = 50 * MEBIBYTE
"""The file as it was dropped, and each file within an archive or a message."""

MOST_PAGES = 5_000
"""Pages of a PDF, slides of a presentation."""

MOST_CHARACTERS = 20_000_000
"""Of extracted text: about 8,000 printed pages."""

MOST_FILES = 2_000
"""Files within one archive."""

MOST_UNPACKED_BYTES = 500 * MEBIBYTE
"""All that is unpacked while one document is read, counted as it comes out; declared sizes are not believed."""

MOST_TIMES_LARGER = 300
"""Unpacked bytes for each packed one; real office files stay below 100, deflate can reach 1,032."""

SMALL_UNPACKED_BYTES = 10 * MEBIBYTE
"""What unpacks to less may be packed as tightly as it likes."""

READING_SECONDS = 240
"""For reading one document, in a process of its own; the function that reads has to be given more than that."""

READING_MEMORY_BYTES = 1_100 * MEBIBYTE
"""For the process that reads. The function has 1,769 MB, of which it needs some for itself and for the document."""

MOST_SKIPPED = 50
"""Sentences about what was not read; more of them are counted and not told."""
