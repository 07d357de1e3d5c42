"""The metadata of a document's passages: whose it is, where it comes from, and what its owner says about it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from lambdas.shared.domain.document import Document
from lambdas.shared.domain.errors import UnreadableDocumentError
from lambdas.shared.domain.metadata import key_problem
from lambdas.shared.domain.metadata_filter import MetadataValue

# Half of what S3 Vectors lets be filtered: the other half is Bedrock's own (source, chunk, data source).
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html
MOST_BYTES = 1024
_LONGEST_KEY, _LONGEST_NAME, _LONGEST_FORMAT = 400, 200, 8  # bytes; what is longer is left out: the record has it
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?")
_BOOLEANS = {"true": True, "false": False}
OWN_KEYS = frozenset({"tenant", "document_id", "key", "name", "format", "version"})


def passage_metadata(document: Document, given: Mapping[str, str]) -> dict[str, MetadataValue]:
    """`given`: the object's own metadata in S3 (`x-amz-meta-...`), whose numbers and booleans are compared as such.

    Raises UnreadableDocumentError for what a passage cannot carry; nothing of it can take the place of ours.
    """
    own = _own(document)
    for key in given:
        problem = "is one of Quarry's own names" if key in OWN_KEYS else key_problem(key)
        if problem:
            raise _refused(f"the metadata x-amz-meta-{key[:80]} cannot be kept: {problem}", "invalid_metadata")
    metadata = {**own, **{key: _value(text) for key, text in given.items() if text}}
    size = len(json.dumps(metadata, ensure_ascii=False).encode())
    if size > MOST_BYTES:
        remedy = f"its metadata has {size} bytes with Quarry's own; {MOST_BYTES} is the most"
        raise _refused(remedy, "metadata_too_large")
    return metadata


def _own(document: Document) -> dict[str, MetadataValue]:
    name = document.key.rpartition("/")[2]
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    optional = (
        ("key", document.key, _LONGEST_KEY),
        ("name", name, _LONGEST_NAME),
        ("format", ending, _LONGEST_FORMAT),
    )
    fitting = {key: text for key, text, most in optional if text and len(text.encode()) <= most}
    return {
        "tenant": document.tenant,
        "document_id": document.document_id,
        "version": document.version_id,
        **fitting,
    }


def _value(text: str) -> MetadataValue:
    if text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text


def _refused(detail: str, code: str) -> UnreadableDocumentError:
    return UnreadableDocumentError(
        f"{detail[0].upper()}{detail[1:]}; change it and drop the document again.", code=code
    )
