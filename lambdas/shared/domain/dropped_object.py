"""An object that somebody dropped into one of our folders or removed from it, and what its key says about it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

INBOX = "inbox/"
KNOWLEDGE = "knowledge/"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
LONGEST_KEY_BYTES = 1024
_LONGEST_PATH_BYTES = 800
# Right-padded to one width, sequencers compare as strings, also inside a DynamoDB condition.
_SEQUENCER_WIDTH = 64
_ID = re.compile(r"doc_[0-9a-f]{24}")


def is_document_id(text: str) -> bool:
    """Whether this can be a document's id at all."""
    return _ID.fullmatch(text) is not None


def is_knowledge_key(key: str) -> bool:
    """Whether an object lies where the Knowledge Base's documents do."""
    return key.startswith(KNOWLEDGE)


@dataclass(frozen=True, slots=True)
class DroppedObject:
    """One version of one object. `sequencer` orders the events of one key; `size` is in bytes."""

    bucket: str
    key: str
    version_id: str
    sequencer: str
    size: int

    @property
    def document_id(self) -> str:
        """The same for all versions of the object."""
        return "doc_" + _digest(self.bucket, self.key)[:24]

    @property
    def version_hash(self) -> str:
        """Different for every version; what executions are named by."""
        return _digest(self.bucket, self.key, self.version_id)[:40]

    @property
    def is_document(self) -> bool:
        """False for consoles' folder markers and for everything outside the inbox."""
        return self.key.startswith(INBOX) and not self.key.endswith("/")

    @property
    def is_knowledge(self) -> bool:
        """Whether it is a document for the Knowledge Base; no folder marker."""
        return is_knowledge_key(self.key) and not self.key.endswith("/")

    @property
    def named_tenant(self) -> str | None:
        """The first segment after the folder; None for an object that lies directly in the folder."""
        folder = KNOWLEDGE if is_knowledge_key(self.key) else INBOX
        segment, slash, _ = self.key.removeprefix(folder).partition("/")
        return segment if slash and segment else None


@dataclass(frozen=True, slots=True)
class DeletedObject:
    """The end of an object: `version` is the delete marker that hides it, or the version that was removed for good
    (`permanent`), as lifecycle rules also do to versions that were replaced long ago."""

    version: DroppedObject
    permanent: bool

    @property
    def execution(self) -> str:
        """Takes a record away from whatever run has it: attempts count from 1, so no run is ever called this."""
        return f"{self.version.version_hash}-0"


def inbox_key(tenant: str, name: str) -> str:
    """The key under which a tenant's document called `name` is dropped."""
    return f"{INBOX}{tenant}/{name}"


def sequencer_rank(sequencer: str) -> str:
    """A text that sorts like the sequencer: hexadecimal, the shorter one padded with zeros on the right.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    return sequencer.upper().ljust(_SEQUENCER_WIDTH, "0")


def result_keys(tenant: str, document_id: str, key: str) -> tuple[str, str]:
    """Keys of the JSON and the Markdown result in the results bucket.

    An object outside its tenant's own folder keeps its whole path below `_unfiled/`, so that it never takes the place
    of a filed one; a path too long for S3 with its endings is cut and made unique by the document's id.
    """
    own = inbox_key(tenant, "")
    path = key.removeprefix(own) if key.startswith(own) else "_unfiled/" + key.removeprefix(INBOX)
    return _keys(f"summaries/{tenant}/{path}", document_id)


def archive_result_keys(tenant: str, document_id: str, bucket: str, key: str) -> tuple[str, str]:
    """The same for an object of an archive: below `_bulk/<bucket>/`, because archives may lie in several buckets."""
    return _keys(f"summaries/{tenant}/_bulk/{bucket}/{key}", document_id)


def _keys(stem: str, document_id: str) -> tuple[str, str]:
    if len(f"{stem}.summary.json".encode()) > LONGEST_KEY_BYTES:
        stem = stem.encode()[:_LONGEST_PATH_BYTES].decode(errors="ignore") + "." + document_id
    return f"{stem}.summary.json", f"{stem}.summary.md"


def _digest(*parts: str) -> str:
    """A NUL cannot stand in a bucket's name or a version id, so no two different lists of parts meet."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
