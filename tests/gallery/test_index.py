"""The gallery's index while it is being opened ahead of a search."""

import threading
from pathlib import Path

import numpy as np
import pytest

from sightline.catalog import Catalog
from sightline.gallery.index import GalleryIndex
from sightline.indexes import OpenedIndex, open_index
from sightline.types import Batch, NewVector
from tests.catalog.catalog_rows import MODEL, OTHER, picture, unit_rows


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    catalog = Catalog.open(tmp_path / "catalog.sqlite", create=True)
    catalog.commit(Batch(model=MODEL, added=[picture(1), picture(2)]))
    catalog.commit(Batch(model=OTHER, embedded=[NewVector(1, unit_rows(1)[0])]))
    return catalog


class Openings:
    """Stands before ``open_index``, and says which models were opened and by which threads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.models: list[str] = []
        self.threads: set[int] = set()
        self.fail = False
        self.may_go_on = threading.Event()
        self.may_go_on.set()

        def opened(source: Catalog, model: object, path: Path) -> OpenedIndex:
            self.models.append(str(model))
            self.threads.add(threading.get_ident())
            assert self.may_go_on.wait(20)
            if self.fail:
                raise OSError("a bad moment")
            return open_index(source, model, path)  # type: ignore[arg-type]

        monkeypatch.setattr("sightline.gallery.index.open_index", opened)


def test_a_second_model_is_opened_ahead_too(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openings, index = Openings(monkeypatch), GalleryIndex(catalog, tmp_path)

    for model in (MODEL, OTHER, MODEL):
        index.open_ahead(model)
        index.close()

    assert openings.models == [str(MODEL), str(OTHER)]
    assert threading.get_ident() not in openings.threads


def test_what_could_not_be_opened_ahead_is_tried_again(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openings, index = Openings(monkeypatch), GalleryIndex(catalog, tmp_path)
    openings.fail = True
    index.open_ahead(MODEL)
    index.close()
    openings.fail = False

    index.open_ahead(MODEL)
    index.close()

    assert len(openings.models) == 2
    assert len(index.of(MODEL)) == 2
    assert len(openings.models) == 2, "it was there already"


def test_many_searches_at_once_open_an_index_once(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openings, index = Openings(monkeypatch), GalleryIndex(catalog, tmp_path)
    openings.may_go_on.clear()
    started = before_starting(monkeypatch, threading.Barrier(1))

    searches = [threading.Thread(target=index.open_ahead, args=(MODEL,)) for _ in range(8)]
    for search in searches:
        search.start()
    for search in searches:
        search.join(20)
    openings.may_go_on.set()
    index.close()

    assert started == ["index"]
    assert openings.models == [str(MODEL)]


def test_closing_waits_for_an_opening_that_is_about_to_begin(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Openings(monkeypatch)
    index = GalleryIndex(catalog, tmp_path)
    moment = threading.Barrier(2)
    before_starting(monkeypatch, moment)
    search = threading.Thread(target=index.open_ahead, args=(MODEL,))
    search.start()
    moment.wait(20)

    index.close()

    search.join(20)
    np.testing.assert_array_equal(np.sort(index.of(MODEL).ids), [1, 2])


def before_starting(monkeypatch: pytest.MonkeyPatch, moment: threading.Barrier) -> list[str]:
    """Let the threads that open wait between being made and being started."""
    really_start = threading.Thread.start
    started: list[str] = []

    def start(thread: threading.Thread) -> None:
        if thread.name == "index":
            moment.wait(20)
            started.append(thread.name)
        really_start(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    return started
