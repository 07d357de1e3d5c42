"""Writes OLE compound files ([MS-CFB]), as Outlook's messages are: small streams in the mini stream, one FAT sector."""

from __future__ import annotations

import struct
from collections.abc import Mapping

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_STORAGE, _STREAM, _ROOT = 1, 2, 5
Tree = Mapping[str, "bytes | Tree"]


def compound_file(tree: Tree) -> bytes:
    """`tree` holds streams (bytes) and storages (mappings); at most some 50 KB altogether."""
    entries: list[list[object]] = [["Root Entry", _ROOT, _FREE, _FREE, _END, 0]]  # name, type, next, child, start, size
    mini = bytearray()
    mini_fat: list[int] = []
    _add(tree, 0, entries, mini, mini_fat)
    entries[0][5] = len(mini)
    directory = b"".join(_entry(*entry) for entry in entries)  # type: ignore[arg-type]
    chains = [_padded(directory), _padded(struct.pack(f"<{len(mini_fat)}I", *mini_fat)), _padded(bytes(mini))]
    fat, starts = [_FAT], []
    for chain in chains:
        count, first = len(chain) // _SECTOR, len(fat)
        starts.append(first if count else _END)
        fat += [*range(first + 1, first + count), _END] if count else []
    assert len(fat) <= _SECTOR // 4
    entries[0][4] = starts[2]
    chains[0] = _padded(b"".join(_entry(*entry) for entry in entries))  # type: ignore[arg-type]
    table = struct.pack("<128I", *fat, *[_FREE] * (128 - len(fat)))
    return _header(starts, len(chains[1]) // _SECTOR) + table + b"".join(chains)


def _add(tree: Tree, parent: int, entries: list[list[object]], mini: bytearray, mini_fat: list[int]) -> None:
    before = None
    for name, content in tree.items():
        index = len(entries)
        if isinstance(content, bytes):
            count = -(-len(content) // _MINI)
            start = len(mini_fat) if count else _END
            entries.append([name, _STREAM, _FREE, _FREE, start, len(content)])
            mini_fat += [*range(len(mini_fat) + 1, len(mini_fat) + count), _END] if count else []
            mini += content + bytes(count * _MINI - len(content))
        else:
            entries.append([name, _STORAGE, _FREE, _FREE, 0, 0])
            _add(content, index, entries, mini, mini_fat)
        if before is None:
            entries[parent][3] = index
        else:
            entries[before][2] = index
        before = index


def _entry(name: str, kind: int, following: int, child: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    return (
        encoded.ljust(64, b"\0") + struct.pack("<HBB3I", len(encoded), kind, 1, _FREE, following, child)
        + bytes(36) + struct.pack("<IQ", start, size)
    )  # fmt: skip


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % _SECTOR)


def _header(starts: list[int], mini_fat_sectors: int) -> bytes:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    numbers = (0, 1, starts[0], 0, _CUTOFF, starts[1], mini_fat_sectors, _END, 0)
    return head + struct.pack("<9I", *numbers) + struct.pack("<109I", 0, *[_FREE] * 108)
