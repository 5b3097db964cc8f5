from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from sightline.composed import WordsSettings
from sightline.gallery import Gallery
from sightline.server.app import create_app
from sightline.server.settings import Settings
from sightline.testing import FakeEncoder

API = "/api/v1"
Serve = Callable[..., AbstractContextManager[TestClient]]


def png(colour: tuple[int, int, int], size: tuple[int, int] = (24, 16)) -> bytes:
    """Return a PNG of one colour."""
    return encoded(Image.new("RGB", size, colour), "PNG")


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:  # noqa: ANN401
    target = io.BytesIO()
    image.save(target, format, **options)
    return target.getvalue()


@contextmanager
def served_gallery(
    gallery: Gallery,
    *,
    address: str = "http://127.0.0.1:8420",
    raise_server_exceptions: bool = True,
    words: WordsSettings | None = None,
    **settings: Any,  # noqa: ANN401
) -> Iterator[TestClient]:
    """Serve a gallery in this process, to a client that names it by an address."""
    app = create_app(Settings(**settings), gallery, words=words)
    with TestClient(
        app, base_url=address, raise_server_exceptions=raise_server_exceptions
    ) as client:
        app.state.service.readiness.wait()
        yield client


@pytest.fixture
def indexed(tmp_path: Path, photos: Path) -> Iterator[Gallery]:
    """Return a gallery of six pictures, each of one colour."""
    with Gallery.open(tmp_path / "gallery", model=FakeEncoder()) as opened:
        opened.sync([photos])
        yield opened


@pytest.fixture
def client(indexed: Gallery) -> Iterator[TestClient]:
    with served_gallery(indexed) as opened:
        yield opened


def ids_by_name(client: TestClient) -> dict[str, int]:
    """Return the id of every picture by its file's name, without the ending."""
    found = client.get(f"{API}/images", params={"k": 1000}).json()["images"]
    return {Path(image["name"]).stem: image["id"] for image in found}


def names(answer: dict[str, Any]) -> list[str]:
    """Return the names of hits, without their endings, best first."""
    return [Path(hit["name"]).stem for hit in answer["hits"]]
