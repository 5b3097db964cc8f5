import pytest
from PIL import Image

from sightline.images.sheets import Tile, contact_sheet

RED, BLUE = (255, 0, 0), (0, 0, 255)


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.new("RGB", size, colour)


def colours_of(image: Image.Image) -> dict[tuple[int, ...], int]:
    """Return how often each colour occurs."""
    counted = image.getcolors(image.width * image.height) or []
    return {colour: count for count, colour in counted if isinstance(colour, tuple)}


def test_every_tile_is_on_the_sheet_in_reading_order() -> None:
    sheet = contact_sheet([Tile(plain(RED), "1"), Tile(plain(BLUE), "2")], title="two", columns=2)

    left, right = sheet.width // 4, sheet.width * 3 // 4
    height = sheet.height // 2
    assert sheet.getpixel((left, height)) == RED
    assert sheet.getpixel((right, height)) == BLUE


def test_a_missing_picture_leaves_a_gap_that_says_so() -> None:
    there = contact_sheet([Tile(plain(RED), "1")], title="one")
    gone = contact_sheet([Tile(None, "1")], title="one")

    assert RED in colours_of(there)
    assert RED not in colours_of(gone)
    assert gone.size == there.size


@pytest.mark.parametrize("count", [0, 1, 5, 6, 23])
def test_any_number_of_tiles_fits(count: int) -> None:
    sheet = contact_sheet([Tile(plain(RED), str(i)) for i in range(count)], title="some")

    painted = colours_of(sheet).get(RED, 0)
    assert painted == pytest.approx(count * 256 * 192, rel=0.01)  # all but the rounded corners


@pytest.mark.parametrize("size", [(1, 1), (3000, 10), (10, 3000)])
def test_a_tile_is_never_overrun(size: tuple[int, int]) -> None:
    sheet = contact_sheet([Tile(plain(RED, size), "1", "a name")], title="one", tile_px=100)

    painted = colours_of(sheet).get(RED, 0)
    assert 0 < painted <= 100 * 75


@pytest.mark.parametrize("title", ["", "x" * 500, "two\nlines", "日本語 🙂", "\x00\x1b[31m"])
def test_any_title_is_drawn_within_the_page(title: str) -> None:
    short = contact_sheet([Tile(plain(RED), "1", title)], title="short")
    sheet = contact_sheet([Tile(plain(RED), "1", title)], title=title)

    assert sheet.size == short.size


def test_the_query_picture_stands_beside_the_title() -> None:
    sheet = contact_sheet([Tile(plain(RED), "1")], title="like this", examples=[plain(BLUE)])

    head = sheet.crop((0, 0, sheet.width // 2, sheet.height // 2))
    assert BLUE in colours_of(head)
