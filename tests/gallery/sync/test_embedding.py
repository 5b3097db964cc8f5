import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from sightline.errors import OutOfMemoryError
from sightline.gallery.sync import embedding as batches
from sightline.gallery.sync.embedding import BATCH, Batches, Embedded
from sightline.gallery.sync.reading import Taken
from sightline.gallery.sync.waits import Waits
from sightline.images import FoundFile
from sightline.testing import FakeEncoder
from sightline.types import Pixels, Vectors
from tests.gallery.sync.test_waits import Clock


class Recording(FakeEncoder):
    """Notes how many pictures came at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def encode_images(self, pixels: np.ndarray) -> Vectors:
        self.sizes.append(len(pixels))
        return super().encode_images(pixels)


def taken(number: int) -> Taken:
    return Taken(FoundFile(Path(f"/{number}.png"), 1, 1), None, str(number))


def pictures(count: int) -> list[Pixels]:
    rng = np.random.default_rng(3)
    return [rng.random((3, 8, 8), dtype=np.float32) for _ in range(count)]


@contextmanager
def opened(encoder: FakeEncoder, expected: int = 0) -> Iterator[Batches]:
    with Batches(encoder, expected, Waits(), threading.Lock()) as made:
        yield made


def through(made: Batches, given: list[Pixels]) -> list[Embedded]:
    finished = [one for i, pixels in enumerate(given) for one in made.add(taken(i), pixels)]
    return finished + made.drain()


@pytest.mark.parametrize("count", [0, 1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH + 5])
def test_every_picture_gets_its_own_vector_in_order(count: int) -> None:
    given = pictures(count)
    with opened(FakeEncoder()) as made:
        finished = through(made, given)
        assert made.drain() == [], "nothing comes twice"

    assert [one.taken.content_hash for one in finished] == [str(i) for i in range(count)]
    if count:
        expected = FakeEncoder().encode_images(np.stack(given))
        np.testing.assert_array_equal([one.vector for one in finished], expected)


def test_a_batch_is_gathered_while_another_one_is_in_the_model() -> None:
    class Waiting(Recording):
        gathered = threading.Event()

        def encode_images(self, pixels: np.ndarray) -> Vectors:
            assert self.gathered.wait(5), "add() waited for the model, and the model for add()"
            return super().encode_images(pixels)

    given = pictures(2 * BATCH)
    with opened(encoder := Waiting()) as made:
        for i in range(2 * BATCH - 1):
            assert made.add(taken(i), given[i]) == []
        encoder.gathered.set()
        finished = made.add(taken(2 * BATCH - 1), given[-1]) + made.drain()

    assert len(finished) == 2 * BATCH
    assert encoder.sizes == [BATCH, BATCH]


def test_what_is_in_the_model_is_not_overwritten_by_what_is_gathered() -> None:
    class Looking(Recording):
        def encode_images(self, pixels: np.ndarray) -> Vectors:
            before = pixels.copy()
            self.go_on.wait(5)
            np.testing.assert_array_equal(pixels, before)
            return super().encode_images(pixels)

        go_on = threading.Event()

    given = pictures(3 * BATCH)
    with opened(encoder := Looking()) as made:
        finished = []
        for i, pixels in enumerate(given):
            if i == 2 * BATCH - 1:
                encoder.go_on.set()
            finished += made.add(taken(i), pixels)
        finished += made.drain()

    expected = FakeEncoder().encode_images(np.stack(given))
    np.testing.assert_array_equal([one.vector for one in finished], expected)


@pytest.mark.parametrize("room", [1, 5, 31])
def test_a_model_without_memory_for_a_batch_gets_half_of_it(room: int) -> None:
    class Small(Recording):
        def encode_images(self, pixels: np.ndarray) -> Vectors:
            if len(pixels) > room:
                raise MemoryError
            return super().encode_images(pixels)

    given = pictures(BATCH + 3)
    with opened(encoder := Small()) as made:
        finished = through(made, given)

    assert sum(encoder.sizes) == len(finished) == BATCH + 3
    expected = FakeEncoder().encode_images(np.stack(given))
    np.testing.assert_array_equal([one.vector for one in finished], expected)


def test_a_model_without_memory_for_one_picture_stops_the_run_with_a_sentence() -> None:
    class Full(FakeEncoder):
        def encode_images(self, pixels: np.ndarray) -> Vectors:
            raise MemoryError

    with (
        opened(Full()) as made,
        pytest.raises(OutOfMemoryError, match="mean-colour worked on a single picture"),
    ):
        through(made, pictures(3))


def test_a_slow_model_gets_less_at_once_and_a_quick_one_more_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(batches, "time", clock)

    class Slow(Recording):
        picture_s = 0.2

        def encode_images(self, pixels: np.ndarray) -> Vectors:
            clock.now += self.picture_s * len(pixels)
            return super().encode_images(pixels)

    with opened(encoder := Slow()) as made:
        through(made, pictures(4 * BATCH))
        slow, encoder.sizes = encoder.sizes, []
        encoder.picture_s = 0.001
        through(made, pictures(8 * BATCH))

    assert slow[0] == BATCH
    assert set(slow[3:-1]) == {8}, "eight take 1.6 s, and less than eight would be slower"
    assert BATCH in encoder.sizes
    assert max(encoder.sizes) == BATCH


def test_a_hungry_model_gets_as_much_as_it_asks_for() -> None:
    class Greedy(Recording):
        pictures_at_once = 100

    with opened(encoder := Greedy()) as made:
        through(made, pictures(250))

    assert encoder.sizes == [100, 100, 50]


def test_huge_pictures_come_in_smaller_batches() -> None:
    class Blind(Recording):
        def encode_images(self, pixels: np.ndarray) -> Vectors:
            self.sizes.append(len(pixels))
            return np.ones((len(pixels), 4), dtype=np.float32)

    huge = np.broadcast_to(np.float32(1), (3, 1200, 1200))  # 17 MB, and a batch has 64 MiB
    with opened(encoder := Blind()) as made:
        through(made, [huge] * 5)

    assert encoder.sizes == [3, 2]


def test_a_model_is_tuned_once_and_only_if_there_is_something_for_it() -> None:
    class Tuned(FakeEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.asked: list[int] = []

        def tune(self, pictures: int) -> None:
            assert self.pictures_encoded == 0
            self.asked.append(pictures)

    with opened(idle := Tuned(), 7) as made:
        made.drain()
    with opened(busy := Tuned(), 100) as made:
        through(made, pictures(100))

    assert (idle.asked, busy.asked) == ([], [100])


def test_nobody_else_uses_the_model_while_it_works() -> None:
    turn, seen = threading.Lock(), []

    class Watching(FakeEncoder):
        def encode_images(self, pixels: np.ndarray) -> Vectors:
            seen.append(turn.locked())
            return super().encode_images(pixels)

    with Batches(Watching(), 1, Waits(), turn) as made:
        through(made, pictures(1))

    assert seen == [True]
    assert not turn.locked()


def test_what_the_model_says_is_wrong_reaches_the_run() -> None:
    class Broken(FakeEncoder):
        def encode_images(self, pixels: np.ndarray) -> Vectors:
            raise RuntimeError("no such operator")

    with opened(Broken()) as made, pytest.raises(RuntimeError, match="no such operator"):
        through(made, pictures(3))
