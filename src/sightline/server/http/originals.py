"""Picture files as they are, by id: checked to be what was indexed, from one open descriptor.

Starlette's ``FileResponse`` opens the path again after the check, so that another file could come
out; and it answers 400 to ranges that RFC 9110 (section 14.2) lets a server pass over.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from sightline.errors import ImageUnreadableError
from sightline.images.formats import HEAD_BYTES, Format, describe_stranger, sniff
from sightline.images.reading import open_regular, stream_hash
from sightline.server.http.problems import problem
from sightline.server.http.refusals import PictureChangedError, PictureGoneError
from sightline.server.schemas.answers import shown
from sightline.types import ImageRecord

_CHUNK_BYTES = 256 * 1024
_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_TYPES: Mapping[Format, str] = {
    Format.JPEG: "image/jpeg",
    Format.PNG: "image/png",
    Format.GIF: "image/gif",
    Format.WEBP: "image/webp",
    Format.AVIF: "image/avif",
    Format.BMP: "image/bmp",
    Format.HEIF: "image/heic",
    Format.TIFF: "image/tiff",
}
# What browsers do not show is saved.
_SAVED = frozenset((Format.HEIF, Format.TIFF))


def original(record: ImageRecord, headers: Headers) -> Response:
    """Return the answer with a picture's file, or a part of it, or that nothing has changed.

    Args:
        record: Of the picture.
        headers: Of the request.

    Raises:
        PictureGoneError: the file is gone, or may not be read.
        PictureChangedError: it holds something else by now.
    """
    try:
        file = open_regular(record.path)
    except ImageUnreadableError as error:
        raise PictureGoneError(shown(record.name), error.reason) from error
    try:
        response = _answer(file, _checked(file, record), record, headers)
    except BaseException:
        file.close()
        raise
    if not isinstance(response, _FilePart):
        file.close()
    return response


def has_it(headers: Headers, etag: str) -> bool:
    """Return whether If-None-Match names this version, so that 304 is the answer."""
    known = headers.get("if-none-match")
    if known is None:
        return False
    names = [name.strip().removeprefix("W/") for name in known.split(",")]
    return etag in names or "*" in names


def _checked(file: BinaryIO, record: ImageRecord) -> Format:
    """Return the format of an open file, which is the very picture of the catalog."""
    name = shown(record.name)
    try:
        kind = sniff(head := file.read(HEAD_BYTES))
        facts = os.fstat(file.fileno())
        if kind is None:
            raise PictureChangedError(name, describe_stranger(head))
        is_as_before = (facts.st_size, facts.st_mtime_ns) == (record.size_bytes, record.mtime_ns)
        # Only touched, perhaps: then the content decides.
        file.seek(0)
        if not is_as_before and (
            facts.st_size != record.size_bytes or stream_hash(file) != record.content_hash
        ):
            raise PictureChangedError(name, "the file was changed since")
    except OSError as error:
        raise PictureGoneError(name, error.strerror or str(error)) from error
    return kind


def _answer(file: BinaryIO, kind: Format, record: ImageRecord, request: Headers) -> Response:
    size, etag = record.size_bytes, f'"{record.content_hash}"'
    how = "attachment" if kind in _SAVED else "inline"
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Accept-Ranges": "bytes",
        # The file's name by RFC 5987; nothing of it can end the header.
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(shown(record.name), safe='')}",
        # A file that is opened on its own gets no right to anything.
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if has_it(request, etag):
        return Response(status_code=304, headers=headers)
    part = _wanted_part(request, size, etag)
    if part is None:
        return _FilePart(file, _Part(0, size), 200, headers, _TYPES[kind])
    if part.start >= part.end:
        detail = f"the file has {size:,} bytes, and the range begins behind its end; ask for less"
        return problem(
            416, detail, "RangeNotSatisfiableError", headers={"Content-Range": f"bytes */{size}"}
        )
    headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    return _FilePart(file, part, 206, headers, _TYPES[kind])


@dataclass(frozen=True, slots=True)
class _Part:
    """Bytes ``start`` to ``end``, the end excluded; nothing, for a range behind a file's end."""

    start: int
    end: int


def _wanted_part(headers: Headers, size: int, etag: str) -> _Part | None:
    """Return which part of a file is wanted; None for all of it.

    Several ranges at once, and units other than bytes, are answered with the whole, as the
    standard allows. So is a part of another version.
    """
    match = _ONE_RANGE.fullmatch(headers.get("range", "").strip())
    if match is None or headers.get("if-range", etag) != etag:
        return None
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last) + 1, size) if last else size
        return None if last and int(last) < start else _Part(start, end)
    return _Part(max(0, size - int(last)), size) if last else None  # the last so many bytes


class _FilePart(StreamingResponse):
    """Streams a part of an open file, and closes it however the stream ends."""

    def __init__(
        self,
        file: BinaryIO,
        part: _Part,
        status: int,
        headers: Mapping[str, str],
        media_type: str,
    ) -> None:
        self._file = file
        length = {"Content-Length": str(part.end - part.start)}
        super().__init__(_chunks(file, part), status, {**headers, **length}, media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _chunks(file: BinaryIO, part: _Part) -> Iterator[bytes]:
    file.seek(part.start)
    left = part.end - part.start
    while left and (chunk := file.read(min(left, _CHUNK_BYTES))):
        left -= len(chunk)
        yield chunk
