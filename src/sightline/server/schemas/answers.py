"""The answers, as they are described in OpenAPI."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from sightline.server.schemas.composition import CompositionAnswer
from sightline.types import Hit, ImageRecord, Skipped
from sightline.types.composition import Mode

API = "/api/v1"
VERSION_DIGITS = 8
"""So many digits of a content's hash are the version in a thumbnail's address."""


def shown(path: Path | str) -> str:
    """Return a path as JSON can hold it: bytes that are no text become replacement characters."""
    return os.fsencode(path).decode("utf-8", "replace")


def _utc(mtime_ns: int) -> str:
    try:
        moment = datetime.fromtimestamp(mtime_ns // 1_000_000_000, UTC)
    except (ValueError, OverflowError, OSError):  # a file system may say anything
        moment = datetime.fromtimestamp(0, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class ImageFacts(BaseModel):
    """A picture of the gallery."""

    id: int
    name: Annotated[str, Field(description="The file's, or the one that an upload came with.")]
    path: Annotated[str, Field(description="On the machine of the service.")]
    folder: str
    width: Annotated[int, Field(description="In pixels, as shown.")]
    height: Annotated[int, Field(description="In pixels, as shown.")]
    format: str
    bytes: int
    taken_at: Annotated[
        str | None, Field(description="ISO 8601, local time without a zone, as the camera had it.")
    ]
    modified_at: Annotated[str, Field(description="ISO 8601, UTC.")]
    labels: list[str]
    uploaded: Annotated[bool, Field(description="Whether the gallery keeps the file itself.")]
    thumbnail: str
    file: str

    @staticmethod
    def facts(record: ImageRecord, uploaded: bool) -> dict[str, Any]:
        """Return the fields that every form of a picture has."""
        place, path = f"{API}/images/{record.id}", shown(record.path)
        return {
            "id": record.id,
            "name": shown(record.name),
            "path": path,
            "folder": os.path.dirname(path),
            "width": record.width_px,
            "height": record.height_px,
            "format": record.format,
            "bytes": record.size_bytes,
            "taken_at": record.taken_at,
            "modified_at": _utc(record.mtime_ns),
            "labels": list(record.labels),
            "uploaded": uploaded,
            "thumbnail": f"{place}/thumbnail?v={record.content_hash[:VERSION_DIGITS]}",
            "file": f"{place}/file",
        }


class HitAnswer(ImageFacts):
    """A picture that was found."""

    rank: Annotated[int, Field(description="From 1, counted from the best of all.")]
    score: Annotated[float, Field(description="The cosine of query and picture, from -1 to 1.")]

    @classmethod
    def of(cls, hit: Hit, uploaded: bool) -> Self:
        """Return a hit as it is answered."""
        facts = cls.facts(hit.image, uploaded)
        return cls(rank=hit.rank, score=round(hit.score, 6), **facts)


class ImageAnswer(ImageFacts):
    """A picture of the gallery, with the digest of its content."""

    content_hash: Annotated[str, Field(description="BLAKE2b-160 of the file, in hex.")]

    @classmethod
    def of(cls, record: ImageRecord, uploaded: bool) -> Self:
        """Return a record as it is answered."""
        return cls(content_hash=record.content_hash, **cls.facts(record, uploaded))


class Milliseconds(BaseModel):
    """How long each step took. A step that was not needed took 0."""

    queue: Annotated[float, Field(description="Until the search had a thread.")]
    decode: Annotated[float, Field(description="Query pictures.")]
    embed: Annotated[float, Field(description="In the model, and waiting for its turn.")]
    compose: Annotated[
        float, Field(description="All that a composed search takes before it is searched for.")
    ] = 0.0
    search: Annotated[float, Field(description="In the index.")]
    fetch: Annotated[float, Field(description="From the catalog.")]
    total: float


class KeptPicture(BaseModel):
    """The query picture that came with the request, kept so that the search can be repeated."""

    token: str
    url: str
    width: int
    height: int


class SearchAnswer(BaseModel):
    """What a search found, best first."""

    hits: list[HitAnswer]
    offset: int
    k: int
    more: Annotated[bool, Field(description="Whether a next page has something.")]
    considered: Annotated[
        int, Field(description="Pictures that were compared: with a vector, and past the filters.")
    ]
    total: Annotated[int, Field(description="Pictures in the gallery.")]
    model: str
    mode: Annotated[
        Mode,
        Field(
            description="By words, by pictures, by the weighted sum of both, or composed of them."
        ),
    ]
    milliseconds: Milliseconds
    cached: Annotated[
        bool, Field(description="Whether the answer is that of a search before, or under way.")
    ]
    notes: Annotated[list[str], Field(description="What is worth knowing about this answer.")]
    picture: KeptPicture | None
    composition: Annotated[
        CompositionAnswer | None, Field(description="Of a composed search: how it came about.")
    ] = None
    query: Annotated[dict[str, Any], Field(description="What was asked, with all defaults.")]


class FaultAnswer(BaseModel):
    """A file that could not be read."""

    path: str
    reason: str

    @classmethod
    def of(cls, skipped: Skipped) -> Self:
        """Return a file that was skipped, as it is answered."""
        return cls(path=shown(skipped.path), reason=skipped.reason)
