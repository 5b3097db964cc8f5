"""How much smaller than it is a JPEG may be decoded, so that a model sees the same."""

from __future__ import annotations

from PIL import Image

# Times smaller -> how many times as large as the model's input the result must still be. At 1/8
# libjpeg keeps one number a block, its plain average, which aliases; hence the wider margin.
_REDUCTIONS = {8: 3, 4: 2, 2: 2}


def reduction(width: int, height: int, shortest_px: int) -> int:
    """Return 8, 4, 2 or 1: how many times smaller a JPEG may be decoded; see ``decode``."""
    for scale, margin in _REDUCTIONS.items():
        if min(width, height) // scale >= margin * shortest_px:
            return scale
    return 1


def evened(image: Image.Image, whole: tuple[int, int], scale: int, shortest_px: int) -> Image.Image:
    """Return a JPEG that was decoded smaller as a picture that ends where the whole one ends.

    libjpeg rounds edges up: 4,001 pixels at 1/4 become 1,001, of which the last is a quarter
    picture and three quarters padding. Stretched to a model's input, everything would move by up
    to half a pixel (measured: up to 10/255 on average). So where a scale does not divide an edge,
    the 1,000.25 pixels that are picture are resampled, to a multiple of the size at which the
    model takes them: cutting an edge to an integer then goes as it goes with the whole picture.

    Args:
        image: As libjpeg gave it, RGB.
        whole: Width and height of the whole picture.
        scale: How many times smaller it was decoded.
        shortest_px: The shortest edge that the picture will be resized to.

    Returns:
        The same picture where the scale divides both edges.
    """
    width, height = whole
    if width % scale == height % scale == 0:
        return image
    short, long = sorted(whole)
    multiple = short // scale // shortest_px
    short_px, long_px = multiple * shortest_px, multiple * int(shortest_px * long / short)
    size = (short_px, long_px) if width <= height else (long_px, short_px)
    # Lanczos, because what is left of a margin of two must not be blurred before the next resize.
    return image.resize(size, Image.Resampling.LANCZOS, box=(0, 0, width / scale, height / scale))
