"""Small pictures: thumbnails, and contact sheets with the answers to a query on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from sightline.errors import InvalidValueError
from sightline.images.colours import to_srgb

_PAPER = (250, 248, 244)
_INK = (38, 38, 44)
_FAINT = (122, 120, 118)
_EMPTY = (229, 226, 220)
_MARGIN_PX = 28
_GAP_PX = 16
_LABEL_PX = 46
_TITLE_PX = 64
_CORNER_PX = 8


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture on a sheet.

    Attributes:
        image: The picture, or None where it can no longer be read.
        label: The first line below it, such as its score.
        detail: The second line, such as its file name.
    """

    image: Image.Image | None
    label: str
    detail: str = ""


def contact_sheet(
    tiles: Sequence[Tile],
    *,
    title: str,
    examples: Sequence[Image.Image] = (),
    columns: int = 5,
    tile_px: int = 256,
) -> Image.Image:
    """Return a page with a title, the query's own pictures beside it, and a grid of tiles.

    Args:
        tiles: In reading order.
        title: What was searched for.
        examples: The query's pictures, shown small beside the title.
        columns: Of the grid; fewer when there are fewer tiles.
        tile_px: Width of a tile; its picture is at most three quarters as high.
    """
    size = sheet_size(len(tiles), bool(examples), columns=columns, tile_px=tile_px)
    columns = _columns(len(tiles), columns)
    picture_px = tile_px * 3 // 4
    head_px = _head_px(bool(examples), picture_px)
    page = Image.new("RGB", size, _PAPER)
    _draw_head(page, title, examples, head_px)
    for position, tile in enumerate(tiles):
        row, column = divmod(position, columns)
        left = _MARGIN_PX + column * (tile_px + _GAP_PX)
        top = _MARGIN_PX + head_px + row * (picture_px + _LABEL_PX + _GAP_PX)
        _draw_tile(page, tile, (left, top, left + tile_px, top + picture_px))
    return page


def sheet_size(
    count: int, has_examples: bool, *, columns: int = 5, tile_px: int = 256
) -> tuple[int, int]:
    """Return width and height in pixels of the page that ``contact_sheet`` would draw.

    Args:
        count: How many tiles.
        has_examples: Whether the query's own pictures stand beside the title.
        columns: As for ``contact_sheet``.
        tile_px: As for ``contact_sheet``.
    """
    columns = _columns(count, columns)
    rows = -(-count // columns)
    picture_px = tile_px * 3 // 4
    width = max(2 * _MARGIN_PX + columns * tile_px + (columns - 1) * _GAP_PX, 640)
    grid_px = rows * (picture_px + _LABEL_PX) + max(0, rows - 1) * _GAP_PX
    return width, 2 * _MARGIN_PX + _head_px(has_examples, picture_px) + grid_px


def _columns(count: int, most: int) -> int:
    return max(1, min(most, count))


def _head_px(has_examples: bool, picture_px: int) -> int:
    return max(_TITLE_PX, picture_px // 2 + _GAP_PX) if has_examples else _TITLE_PX


def _draw_head(
    page: Image.Image, title: str, examples: Sequence[Image.Image], head_px: int
) -> None:
    draw = ImageDraw.Draw(page)
    left = _MARGIN_PX
    side = head_px - _GAP_PX
    for example in examples[:4]:
        shown = _shrunk(example, (side * 4 // 3, side))
        _paste_rounded(page, shown, (left, _MARGIN_PX))
        left += shown.width + _GAP_PX
    font = ImageFont.load_default(26)
    room = page.width - left - _MARGIN_PX
    middle = _MARGIN_PX + (side if examples else _TITLE_PX - _GAP_PX) // 2
    draw.text((left, middle), _fit(draw, title, font, room), _INK, font, anchor="lm")


def _draw_tile(page: Image.Image, tile: Tile, box: tuple[int, int, int, int]) -> None:
    draw = ImageDraw.Draw(page)
    left, top, right, bottom = box
    draw.rounded_rectangle(box, _CORNER_PX, fill=_EMPTY)
    if tile.image is None:
        note = ImageFont.load_default(15)
        draw.text(((left + right) // 2, (top + bottom) // 2), "not there", _FAINT, note, "mm")
    else:
        shown = _shrunk(tile.image, (right - left, bottom - top))
        corner = (
            left + (right - left - shown.width) // 2,
            top + (bottom - top - shown.height) // 2,
        )
        _paste_rounded(page, shown, corner)
    label, detail = ImageFont.load_default(17), ImageFont.load_default(14)
    draw.text((left, bottom + 6), _fit(draw, tile.label, label, right - left), _INK, label)
    draw.text((left, bottom + 27), _fit(draw, tile.detail, detail, right - left), _FAINT, detail)


def _shrunk(picture: Image.Image, room: tuple[int, int]) -> Image.Image:
    """Return a picture as large as fits, and at least one pixel wide and high."""
    share = min(room[0] / picture.width, room[1] / picture.height)
    size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _paste_rounded(page: Image.Image, picture: Image.Image, corner: tuple[int, int]) -> None:
    mask = Image.new("L", (picture.width * 2, picture.height * 2), 0)
    radius = min(2 * _CORNER_PX, min(mask.size) // 2 - 1)
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, max(0, radius), fill=255)
    page.paste(picture, corner, mask.resize(picture.size, Image.Resampling.LANCZOS))


def _fit(
    draw: ImageDraw.ImageDraw,
    text: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    room: int,
) -> str:
    """Return the text, cut with an ellipsis to what fits."""
    text = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
    if draw.textlength(text, font) <= room:
        return text
    while text and draw.textlength(text + "\N{HORIZONTAL ELLIPSIS}", font) > room:
        text = text[:-1]
    return text + "\N{HORIZONTAL ELLIPSIS}"


_REDUCING_GAP = 3.0  # beyond it Pillow shrinks by whole numbers first, with no visible difference


def thumbnail(image: Image.Image, longest_px: int) -> Image.Image:
    """Return a picture as a new RGB one that fits a square, its proportions kept, never enlarged.

    Args:
        image: As ``decode`` gives it; other modes are converted. It is not changed.
        longest_px: The longest edge of the result, at most.

    Raises:
        InvalidValueError: longest_px is below 1.
    """
    if longest_px < 1:
        raise InvalidValueError("longest_px", longest_px, "1 or more")
    rgb = to_srgb(image)
    width, height = rgb.size
    scale = longest_px / max(width, height)
    if scale >= 1:
        return rgb.copy()
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return rgb.resize(size, Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
