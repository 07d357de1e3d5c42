"""Why one record of many came to nothing, as it is noted beside the place of its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass

from lambdas.shared.domain.errors import QuarryError


class SectionFailedError(QuarryError):
    """A section of a document has no summary; the others' are kept, and a retry asks for the missing ones alone."""

    code = "section_failed"

    def __init__(self, detail: str, *, code: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class RecordFailure:
    """`execution`: whose call it was; a note of an earlier attempt says nothing about this one."""

    code: str
    detail: str
    execution: str


def encode_failure(error: QuarryError, execution: str) -> bytes:
    """The note; an error's message never quotes the document."""
    return json.dumps({"code": error.code, "detail": str(error), "execution": execution}).encode()


def decode_failure(content: bytes) -> RecordFailure:
    """The inverse of `encode_failure`."""
    return RecordFailure(**json.loads(content))
