"""Picture files as they are, by id: checked to be what was indexed, from one open descriptor."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import BinaryIO
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from sightline.errors import ImageUnreadableError
from sightline.images.formats import HEAD_BYTES, Format, describe_stranger, sniff
from sightline.images.reading import open_regular, stream_hash
from sightline.server.http.problems import problem
from sightline.server.http.ranges import Part, Unsatisfiable, has_it, wanted_part
from sightline.server.http.refusals import PictureChangedError, PictureGoneError
from sightline.server.schemas.answers import shown
from sightline.types import ImageRecord

_CHUNK_BYTES = 256 * 1024
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
# What browsers show. The others are saved.
_INLINE = frozenset((Format.JPEG, Format.PNG, Format.GIF, Format.WEBP, Format.AVIF, Format.BMP))


def original(record: ImageRecord, headers: Headers) -> Response:
    """Return the answer with a picture's file, or a part of it, or that nothing has changed.

    Args:
        record: Of the picture.
        headers: Of the request.

    Raises:
        PictureGoneError: the file is gone, or may not be read.
        PictureChangedError: it holds something else by now.
    """
    etag = f'"{record.content_hash}"'
    try:
        file = open_regular(record.path)
    except ImageUnreadableError as error:
        raise PictureGoneError(shown(record.name), error.reason) from error
    try:
        kind = _checked(file, record)
    except BaseException:
        file.close()
        raise
    return _answer(file, kind, record, etag, headers)


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


def _answer(
    file: BinaryIO, kind: Format, record: ImageRecord, etag: str, request: Headers
) -> Response:
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Accept-Ranges": "bytes",
        "Content-Disposition": _disposition(kind, shown(record.name)),
        # A file that is opened on its own gets no right to anything.
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    size = record.size_bytes
    part = wanted_part(request, size, etag)
    if has_it(request, etag):
        file.close()
        return Response(status_code=304, headers=headers)
    if isinstance(part, Unsatisfiable):
        file.close()
        detail = f"the file has {size:,} bytes, and the range begins behind its end; ask for less"
        return problem(
            416, detail, "RangeNotSatisfiableError", headers={"Content-Range": f"bytes */{size}"}
        )
    return _FilePart(file, part or Part(0, size), size, headers, _TYPES[kind], is_part=bool(part))


def _disposition(kind: Format, name: str) -> str:
    how = "inline" if kind in _INLINE else "attachment"
    # The file's name by RFC 5987; nothing of it can end the header.
    return f"{how}; filename*=UTF-8''{quote(name, safe='')}"


class _FilePart(StreamingResponse):
    """Streams a part of an open file, and closes it however the stream ends."""

    def __init__(
        self,
        file: BinaryIO,
        part: Part,
        size: int,
        headers: Mapping[str, str],
        media_type: str,
        *,
        is_part: bool,
    ) -> None:
        self._file = file
        length = {"Content-Length": str(part.end - part.start)}
        if is_part:
            length["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
        super().__init__(
            _chunks(file, part), 206 if is_part else 200, {**headers, **length}, media_type
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _chunks(file: BinaryIO, part: Part) -> Iterator[bytes]:
    file.seek(part.start)
    left = part.end - part.start
    while left and (chunk := file.read(min(left, _CHUNK_BYTES))):
        left -= len(chunk)
        yield chunk
