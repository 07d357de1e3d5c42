"""A file that goes along with a message for the model to read, as Converse's `document` block."""

from __future__ import annotations

from dataclasses import dataclass

# What Converse takes in one document block, and what models read of a PDF.
# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
MAX_ATTACHMENT_BYTES = 4_500_000
MAX_ATTACHMENT_PAGES = 100


@dataclass(frozen=True, slots=True)
class Attachment:
    """`location` is an `s3://bucket/key` URI; `content` the bytes once they are read. `name` is told to the model: a
    neutral one, because it could be taken for an instruction."""

    format: str
    location: str
    content: bytes | None = None
    name: str = "document"
