"""A fake of versioned buckets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from lambdas.shared.domain.object_store import ObjectMissingError


@dataclass
class Version:
    version_id: str
    body: bytes | None  # None = a delete marker
    owner: str = ""
    content_type: str = ""


@dataclass
class InMemoryObjectStore:
    """Versions in lists, the newest last. `before` is called with (operation, key) before each change."""

    before: Callable[[str, str], None] = lambda operation, key: None
    versions: dict[tuple[str, str], list[Version]] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def read(self, bucket: str, key: str, version_id: str | None = None) -> bytes:
        versions = self.versions.get((bucket, key), [])
        wanted = versions[-1:] if version_id is None else [v for v in versions if v.version_id == version_id]
        if not wanted or wanted[0].body is None:
            raise ObjectMissingError(key)
        return wanted[0].body

    def read_range(self, bucket: str, key: str, offset: int, length: int) -> bytes:
        return self.read(bucket, key)[offset : offset + length if length else None]

    def exists(self, bucket: str, key: str) -> bool:
        versions = self.versions.get((bucket, key), [])
        return bool(versions) and versions[-1].body is not None

    def write(self, bucket: str, key: str, body: bytes, *, content_type: str, owner: str) -> str:
        self.before("write", key)
        return self._append(bucket, key, body, owner, content_type)

    def version_of(self, bucket: str, key: str, owner: str) -> str | None:
        versions = self.versions.get((bucket, key), [])
        newest = versions[-1] if versions else None
        return newest.version_id if newest and newest.body is not None and newest.owner == owner else None

    def delete_version(self, bucket: str, key: str, version_id: str) -> None:
        self.before("delete_version", key)
        kept = [version for version in self.versions.get((bucket, key), []) if version.version_id != version_id]
        self.versions[bucket, key] = kept

    def mark_deleted(self, bucket: str, key: str) -> None:
        """What a plain delete does in a versioned bucket."""
        self._append(bucket, key, None, "", "")

    def keys(self, bucket: str) -> set[str]:
        return {key for (holder, key) in self.versions if holder == bucket and self.exists(bucket, key)}

    def _append(self, bucket: str, key: str, body: bytes | None, owner: str, content_type: str) -> str:
        version = Version(f"o{next(self._numbers)}", body, owner, content_type)
        self.versions.setdefault((bucket, key), []).append(version)
        return version.version_id
