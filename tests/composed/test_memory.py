import threading
from pathlib import Path

import pytest

from sightline.composed.memory import CatalogMemory
from sightline.errors import DiskFullError


class Committing:
    """A catalog in which a sync commits until it is told to end."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}
        self.over = threading.Event()
        self.wrote_last = threading.Event()

    def kept_text(self, kind: str, key: str) -> str | None:
        return self.texts.get((kind, key))

    def keep_text(self, kind: str, key: str, text: str) -> None:
        self.over.wait(30)
        self.texts[kind, key] = text
        if key == "last":
            self.wrote_last.set()


def test_a_search_does_not_wait_for_a_sync_and_its_words_are_kept_all_the_same() -> None:
    catalog = Committing()
    memory = CatalogMemory(catalog)

    memory.keep("caption", "k", "a car")
    memory.keep("caption", "k", "a bus")
    memory.keep("target", "last", "a blue bus")

    assert catalog.texts == {}, "the sync is still committing"
    assert memory.kept("caption", "k") == "a bus"
    assert memory.kept("target", "k") is None
    catalog.over.set()
    assert catalog.wrote_last.wait(30)
    assert catalog.texts == {("caption", "k"): "a bus", ("target", "last"): "a blue bus"}


class Refusing(Committing):
    """A catalog that keeps nothing."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def keep_text(self, kind: str, key: str, text: str) -> None:
        raise self.error


def test_what_cannot_be_written_is_forgotten_but_a_mistake_is_told() -> None:
    memory = CatalogMemory(Refusing(DiskFullError(Path("catalog.sqlite"))))
    memory.keep("caption", "k", "a car")
    assert memory.kept("caption", "k") is None

    with pytest.raises(ZeroDivisionError):
        CatalogMemory(Refusing(ZeroDivisionError())).keep("caption", "k", "a car")
