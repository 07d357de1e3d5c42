"""A document that is to be uploaded: what its name, size and type must be, and the permission to upload it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Protocol

from lambdas.shared.domain.document_kind import SUPPORTED_ENDINGS
from lambdas.shared.domain.document_limits import LARGEST_DOCUMENT_BYTES
from lambdas.shared.domain.dropped_object import LONGEST_KEY_BYTES, inbox_key
from lambdas.shared.domain.errors import FieldError, InvalidInputError

_MEDIA_TYPE = re.compile(
    r"(application|message|text)/[A-Za-z0-9][A-Za-z0-9.+_-]{0,126}(; ?charset=[A-Za-z0-9._-]{1,40})?"
)
# What XML cannot hold, S3 cannot list: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_CONTROL = {"Cc", "Cs"}
_NO_CHARACTERS = frozenset("\ufffe\uffff")
# A form's key may hold this variable, which S3 would replace by the name of the uploader's file.
_VARIABLE = "${filename}"


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What a caller wants to upload; `size` in bytes."""

    name: str
    size: int
    content_type: str


@dataclass(frozen=True, slots=True)
class UploadForm:
    """An HTML form's address and fields: whoever posts them, with the file behind them, may write this one object."""

    url: str
    fields: Mapping[str, str]


class UploadSigner(Protocol):
    """Signs permissions to write, without asking anybody."""

    def sign(self, key: str, request: UploadRequest, *, until: datetime) -> UploadForm:
        """Good for exactly this key, size and content type, as often as wanted until then."""
        ...


def check_upload(tenant: str, request: UploadRequest) -> None:
    """Raises InvalidInputError, which names every bad field and its remedy."""
    checks = (
        ("/name", _bad_name(tenant, request.name)),
        ("/size", _bad_size(request.size)),
        ("/content_type", _bad_type(request.content_type)),
    )
    errors = tuple(FieldError(pointer, remedy) for pointer, remedy in checks if remedy)
    if errors:
        raise InvalidInputError(f"{errors[0].pointer}: {errors[0].detail}.", errors=errors)


def _bad_name(tenant: str, name: str) -> str:
    segments = name.split("/")
    if not all(segments):
        return "must neither begin nor end with a slash, nor hold two in a row; like reports/2026.pdf"
    if not {".", ".."}.isdisjoint(segments):
        return 'must not hold a folder called "." or ".."; name the place itself'
    if _NO_CHARACTERS & set(name) or any(unicodedata.category(each) in _CONTROL for each in name):
        return "must not hold control characters; use printable ones of any alphabet"
    if _VARIABLE in name:
        return f"must not hold {_VARIABLE}, which S3 would replace; use another name"
    longest = LONGEST_KEY_BYTES - len(inbox_key(tenant, ""))
    if len(name.encode()) > longest:
        return f"has {len(name.encode())} bytes in UTF-8; at most {longest} are taken, so use a shorter one"
    return _bad_ending(segments[-1])


def _bad_ending(file: str) -> str:
    """A name without an ending is taken for text."""
    ending = PurePosixPath(file).suffix
    if ending.lower() in SUPPORTED_ENDINGS:
        return ""
    taken = ", ".join(sorted(SUPPORTED_ENDINGS - {""}))
    return f"ends in {ending}, which cannot be read; convert the document to one of {taken}"


def _bad_size(size: int) -> str:
    if size < 1:
        return "must be the number of bytes of the document, at least 1: an empty one has no summary"
    if size > LARGEST_DOCUMENT_BYTES:
        return f"is {size}; at most {LARGEST_DOCUMENT_BYTES} bytes are read, so split the document"
    return ""


def _bad_type(content_type: str) -> str:
    if _MEDIA_TYPE.fullmatch(content_type):
        return ""
    return "must be the media type of a document, like application/pdf, text/plain or text/plain; charset=utf-8"
