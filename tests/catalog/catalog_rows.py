"""Rows to put into a catalog: every fact follows from one number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sightline.catalog import Catalog
from sightline.protocols import VectorSnapshot
from sightline.types import Ids, ModelSpec, NewImage, Vectors

DIMENSIONS = 16
MODEL = ModelSpec("mini", "aa" * 32, "bb" * 32, "cc" * 32, "float32", DIMENSIONS)
OTHER = ModelSpec("large", "dd" * 32, "ee" * 32, "", "int8", DIMENSIONS)


def unit_rows(count: int, seed: int = 0, dimensions: int = DIMENSIONS) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def picture(number: int, name: str | None = None, vector: Vectors | None = None) -> NewImage:
    return NewImage(
        path=Path("/pictures") / (name or f"{number}.jpg"),
        size_bytes=1000 + number,
        mtime_ns=1_700_000_000_000_000_000 + number,
        content_hash=f"{number:040x}",
        width_px=640,
        height_px=480,
        format="JPEG",
        taken_at="2024-05-01T12:00:00" if number % 2 else None,
        vector=unit_rows(1, seed=number)[0] if vector is None else vector,
    )


def ids_by_name(catalog: Catalog) -> dict[str, int]:
    return {path.name: file.id for path, file in catalog.files().items()}


def chunks_of(
    catalog: Catalog, model: ModelSpec = MODEL, since: int = 0
) -> Iterator[tuple[Ids, Vectors]]:
    with catalog.snapshot(model) as snapshot:
        yield from snapshot.vectors(since)


def vectors_by_id(catalog: Catalog, model: ModelSpec = MODEL, since: int = 0) -> dict[int, Vectors]:
    return {
        int(id): row
        for ids, rows in chunks_of(catalog, model, since)
        for id, row in zip(ids, rows, strict=True)
    }


def ids_in(snapshot: VectorSnapshot) -> list[int]:
    return sorted(int(id) for ids, _ in snapshot.vectors() for id in ids)


def ids_of(catalog: Catalog, model: ModelSpec = MODEL) -> list[int]:
    with catalog.snapshot(model) as snapshot:
        return ids_in(snapshot)
