"""Index files: rows as they lie in memory, behind a header that tells whether to believe them.

::

    magic            8 bytes
    header's length  4 bytes, little-endian
    header's CRC-32  4 bytes, little-endian
    header           JSON: change, model, rows, dimensions, CRC-32 of ids and vectors
    ids              int64, little-endian, (n,)
    vectors          float32, little-endian, (n, d)

FAISS's own format would have to be parsed by FAISS, which trusts what it reads. Here the size is
checked against the header, and the sums against the content; what then fails cannot harm, and the
rows are read straight to where they are searched. CRC-32 is enough, as it guards against accidents:
an index holds nothing that is worth forging.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sightline.indexes.exact import ExactIndex, with_room
from sightline.protocols import RowIndex
from sightline.system.files import storage_error
from sightline.types import ModelSpec

_MAGIC = b"SGLINE\x00\x01"
_PREFIX = struct.Struct("<8sII")
_MAX_HEADER_BYTES = 1 << 16
_CHUNK_BYTES = 1 << 24


class IndexState(StrEnum):
    """How an index file stands to its catalog."""

    CURRENT = "current"
    STALE = "stale"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class StoredIndex:
    """What an index file holds, or why it cannot be used.

    Attributes:
        index: None if the file is missing, unreadable, or of another model.
        change: The catalog's change number that the index was saved at; 0 without an index.
        state: CURRENT if there is an index, which may still be behind the catalog; STALE if the
            file is of another model.
    """

    index: ExactIndex | None
    change: int
    state: IndexState


class _DamagedError(Exception):
    """The file is not what its header says. Never leaves this module."""


@dataclass(frozen=True, slots=True)
class _Header:
    change: int
    model: ModelSpec
    rows: int
    dimensions: int
    checksum: int


def save(index: RowIndex, path: Path, change: int, model: ModelSpec) -> None:
    """Write an index beside the catalog, durably and all or nothing.

    The caller must be the gallery's writer: what other savers left half done is cleared away.

    Args:
        index: What to write; it may be searched meanwhile.
        path: Of the index file, replaced if it is there.
        change: The catalog's change number that the index is at.
        model: Whose vectors these are.

    Raises:
        DiskFullError: there is no room; the file that was there still is.
        NotWritableError: the file or its folder may not be written.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        _clear_leftovers(path)
        with temporary.open("wb") as file:
            _write(file, index, change, model)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise storage_error(error, path) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def load(path: Path, model: ModelSpec) -> StoredIndex:
    """Return the index in a file, or why there is none. Never raises for what is in the file."""
    return _stored(path, model, _read_rows)


def stored_change(path: Path, model: ModelSpec) -> StoredIndex:
    """Return what ``load`` would, without the index: the header and the size alone are read."""
    return _stored(path, model, lambda file, header: None)


def clear_stale(folder: Path, keep: Collection[Path]) -> int:
    """Delete a folder's index files (``*.index``), but for some; return how many.

    Files of that name that are not ours stay. The caller must be the gallery's writer.

    Raises:
        NotWritableError: the folder may not be written.
    """
    kept = {path.name for path in keep}
    try:
        stale = [p for p in folder.glob("*.index") if p.name not in kept and _is_ours(p)]
        for path in stale:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise storage_error(error, folder) from error
    return len(stale)


def _stored(
    path: Path, model: ModelSpec, read: Callable[[BinaryIO, _Header], ExactIndex | None]
) -> StoredIndex:
    try:
        with path.open("rb") as file:
            header = _read_header(file)
            if header.model != model:
                return StoredIndex(None, 0, IndexState.STALE)
            return StoredIndex(read(file, header), header.change, IndexState.CURRENT)
    except FileNotFoundError:
        return StoredIndex(None, 0, IndexState.MISSING)
    except (OSError, _DamagedError):
        return StoredIndex(None, 0, IndexState.UNREADABLE)


def _write(file: BinaryIO, index: RowIndex, change: int, model: ModelSpec) -> None:
    stored_ids, rows = index.at_once()
    ids = np.ascontiguousarray(stored_ids, dtype="<i8")
    vectors = np.ascontiguousarray(rows, dtype="<f4")
    checksum = 0
    for block in (*_blocks(ids), *_blocks(vectors)):
        checksum = zlib.crc32(block, checksum)
    header = json.dumps(
        asdict(_Header(change, model, len(ids), vectors.shape[1], checksum))
    ).encode()
    file.write(_PREFIX.pack(_MAGIC, len(header), zlib.crc32(header)))
    file.write(header)
    for block in (*_blocks(ids), *_blocks(vectors)):
        file.write(block)


def _is_ours(path: Path) -> bool:
    # The last byte of the magic is the format's number: files of other versions are stale too.
    with path.open("rb") as file:
        return file.read(len(_MAGIC) - 1) == _MAGIC[:-1]


def _read_header(file: BinaryIO) -> _Header:
    prefix = file.read(_PREFIX.size)
    if len(prefix) < _PREFIX.size or not prefix.startswith(_MAGIC):
        raise _DamagedError("it is not an index file of this version")
    _, length, checksum = _PREFIX.unpack(prefix)
    encoded = file.read(min(length, _MAX_HEADER_BYTES))
    if len(encoded) != length or zlib.crc32(encoded) != checksum:
        raise _DamagedError("its header is damaged")
    header = _parsed(encoded)
    row_bytes = 8 + 4 * header.dimensions
    expected = _PREFIX.size + length + header.rows * row_bytes
    found = os.fstat(file.fileno()).st_size
    if found != expected:
        raise _DamagedError(f"it has {found:,} bytes instead of {expected:,}")
    return header


def _parsed(encoded: bytes) -> _Header:
    try:
        facts: dict[str, Any] = json.loads(encoded)
        header = _Header(**{**facts, "model": ModelSpec(**facts["model"])})
    except (ValueError, TypeError, KeyError) as error:
        raise _DamagedError("its header is not understood") from error
    numbers = (header.change, header.rows, header.dimensions, header.checksum)
    if any(type(number) is not int or number < 0 for number in numbers):
        raise _DamagedError("its header is not understood")
    if header.dimensions < 1 or header.dimensions != header.model.dimensions:
        raise _DamagedError("its header contradicts itself")
    return header


def _read_rows(file: BinaryIO, header: _Header) -> ExactIndex:
    capacity = with_room(header.rows)
    ids = np.empty(capacity, dtype="<i8")
    vectors = np.empty((capacity, header.dimensions), dtype="<f4")
    checksum = 0
    for block in (*_blocks(ids[: header.rows]), *_blocks(vectors[: header.rows])):
        if file.readinto(block) != len(block):  # type: ignore[attr-defined]
            raise _DamagedError("it ends too early")
        checksum = zlib.crc32(block, checksum)
    if checksum != header.checksum:
        raise _DamagedError("its content is damaged")
    native = vectors.astype(np.float32, copy=False)
    return ExactIndex.of(ids.astype(np.int64, copy=False), native, header.rows)


def _blocks(array: NDArray[Any]) -> Iterator[memoryview]:
    """Yield the bytes of a contiguous array, in place, some at a time."""
    flat = array.reshape(-1).view(np.uint8).data
    for start in range(0, len(flat), _CHUNK_BYTES):
        yield flat[start : start + _CHUNK_BYTES]


def _clear_leftovers(path: Path) -> None:
    for leftover in path.parent.glob(f"{path.name}.*.tmp"):
        leftover.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows cannot open a folder, and makes a rename durable by itself
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
