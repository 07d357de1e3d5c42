"""The port to stored objects."""

from __future__ import annotations

from typing import Protocol

from lambdas.shared.domain.errors import QuarryError


class ObjectMissingError(QuarryError):
    """There is no such object, or no such version of it."""

    code = "object_missing"


class ObjectStore(Protocol):
    """Versioned objects in buckets. `owner` marks an object with the execution that wrote it."""

    def read(self, bucket: str, key: str, version_id: str | None = None) -> bytes:
        """The bytes of one version (default: the newest). Raises ObjectMissingError."""
        ...

    def read_range(self, bucket: str, key: str, offset: int, length: int) -> bytes:
        """`length` bytes of the newest version from `offset` on; 0 = all from there. Raises ObjectMissingError."""
        ...

    def exists(self, bucket: str, key: str) -> bool:
        """Whether the object has a newest version that is no delete marker."""
        ...

    def write(self, bucket: str, key: str, body: bytes, *, content_type: str, owner: str) -> str:
        """Write a new version; answers its version id."""
        ...

    def version_of(self, bucket: str, key: str, owner: str) -> str | None:
        """The newest version's id if `owner` wrote it, else None."""
        ...

    def delete_version(self, bucket: str, key: str, version_id: str) -> None:
        """Remove exactly this version; nothing happens if it is gone already."""
        ...
