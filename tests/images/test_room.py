import threading

import pytest

from sightline.images.memory import Room, memory_bytes, room_bytes


def test_who_finds_no_room_waits_until_somebody_leaves() -> None:
    room, got = Room(100), threading.Event()

    def newcomer() -> None:
        with room.part() as part:
            part.take(50)
            got.set()

    with room.part() as part:
        part.take(60)
        thread = threading.Thread(target=newcomer)
        thread.start()
        assert not got.wait(0.05)
        assert room.used_bytes == 60
    assert got.wait(5)
    thread.join()
    assert room.used_bytes == 0


def test_several_fit_in_together() -> None:
    room = Room(100)
    with room.part() as one, room.part() as other:
        one.take(60)
        other.take(40)
        assert room.used_bytes == 100


def test_what_is_larger_than_the_room_gets_in_alone() -> None:
    room = Room(100)
    with room.part() as part:
        part.take(1_000_000)
        assert room.used_bytes == 1_000_000
    assert room.used_bytes == 0


def test_a_part_is_given_back_when_its_block_fails() -> None:
    room = Room(100)

    def fail() -> None:
        with room.part() as part:
            part.take(70)
            raise MemoryError

    with pytest.raises(MemoryError):
        fail()
    assert room.used_bytes == 0


def test_a_room_grows_with_the_threads_up_to_a_quarter_of_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sightline.images.memory.memory_bytes", lambda: 8_000)

    assert [room_bytes(threads, 700) for threads in (1, 2, 3, 64)] == [700, 1400, 2000, 2000]


def test_the_memory_of_this_machine_is_plausible() -> None:
    assert 64 << 20 < memory_bytes() < 1 << 50
