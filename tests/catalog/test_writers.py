"""Several threads that write through one catalog object."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sightline.catalog import Catalog
from sightline.errors import GalleryBusyError
from sightline.types import Batch
from tests.catalog.catalog_rows import MODEL, picture


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as opened:
        yield opened


def in_a_thread(task: object) -> list[BaseException]:
    """Run a task in a thread of its own; return what it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            task()  # type: ignore[operator]
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    return raised


def test_a_second_thread_may_join_the_writer(catalog: Catalog) -> None:
    def join() -> None:
        with catalog.writer("an upload", join=True):
            catalog.commit(Batch(model=MODEL, added=[picture(1)]))

    with catalog.writer("sightline index"):
        assert in_a_thread(join) == []
        catalog.commit(Batch(model=MODEL, added=[picture(2)]))

    assert catalog.count() == 2


def test_without_joining_a_second_thread_is_refused(catalog: Catalog) -> None:
    def write() -> None:
        with catalog.writer("another"):
            pass

    with catalog.writer("sightline index"):
        (error,) = in_a_thread(write)

    assert isinstance(error, GalleryBusyError)


def test_another_catalog_object_cannot_join(catalog: Catalog) -> None:
    with (
        catalog.writer("sightline index"),
        Catalog.open(catalog.path) as other,
        pytest.raises(GalleryBusyError, match="sightline index"),
        other.writer("an upload", join=True),
    ):
        pass


def test_the_writer_stays_until_its_guests_are_gone(catalog: Catalog) -> None:
    inside, leave, left = threading.Event(), threading.Event(), threading.Event()

    def guest() -> None:
        with catalog.writer("an upload", join=True):
            inside.set()
            assert leave.wait(20)
            catalog.commit(Batch(model=MODEL, added=[picture(1)]))

    def owner() -> None:
        with catalog.writer("sightline index"):
            thread.start()
            assert inside.wait(20)
        left.set()

    def is_leaving() -> bool:
        try:
            with catalog.writer("too late", join=True):
                return False
        except GalleryBusyError:
            return True

    thread = threading.Thread(target=guest)
    owning = threading.Thread(target=owner)
    owning.start()
    assert inside.wait(20)
    # The lock is the owner's until the guest is through, so nobody else can take it.
    with Catalog.open(catalog.path) as other:
        while not is_leaving():
            pass
        with pytest.raises(GalleryBusyError), other.writer("another"):
            pass
        assert not left.is_set()
        leave.set()
        owning.join(20)
        thread.join(20)
        assert left.is_set()
        with other.writer("another"):
            pass
    assert catalog.count() == 1


def test_joining_where_nobody_writes_takes_the_lock(catalog: Catalog) -> None:
    with (
        catalog.writer("an upload", join=True),
        Catalog.open(catalog.path) as other,
        pytest.raises(GalleryBusyError, match="an upload"),
        other.writer("another"),
    ):
        pass


def test_who_writes_alone_keeps_the_commits_of_other_threads_out(catalog: Catalog) -> None:
    def commit() -> None:
        catalog.commit(Batch(model=MODEL, added=[picture(1)]))

    with catalog.writer("tidying up", alone=True):
        (error,) = in_a_thread(commit)
        catalog.commit(Batch(model=MODEL, added=[picture(2)]))

    assert isinstance(error, GalleryBusyError)
    assert [path.name for path in catalog.files()] == ["2.jpg"]
    assert in_a_thread(commit) == []
