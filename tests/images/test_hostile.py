"""Broken files by the hundred: a picture or a reason, and nothing else, may come out."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import warnings
import zlib
from collections.abc import Iterator

import pytest
from PIL import Image, PngImagePlugin

from sightline.errors import ImageUnreadableError
from sightline.images import decode
from sightline.images.formats import Format, describe_stranger, sniff

from .pictures import corners, encoded, noise, small_files

FILES = small_files()


def outcome(data: bytes) -> str | None:
    """The reason why there is no picture, or None where there is one."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            decoded = decode(data, shortest_px=8, max_megapixels=1)
        except ImageUnreadableError as error:
            return error.reason
        finally:
            assert not caught, [str(warning.message) for warning in caught]
    decoded.image.tobytes()
    assert decoded.image.mode == "RGB"
    return None


def cuts(data: bytes) -> Iterator[bytes]:
    step = max(1, len(data) // 60)
    yield from (data[:end] for end in [*range(40), *range(40, len(data), step)])


@pytest.mark.parametrize("kind", list(Format))
def test_a_file_cut_off_anywhere_gives_a_reason(
    kind: Format, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = FILES[kind]
    assert outcome(whole) is None

    reasons = {len(part): outcome(part) for part in cuts(whole)}

    assert reasons[0] == "the file is empty"
    half = outcome(whole[: len(whole) // 2])
    assert half == f"the file is cut off after {len(whole) // 2:,} bytes"
    assert "" not in reasons.values()
    assert capfd.readouterr() == ("", ""), "no library prints"


@pytest.mark.parametrize("kind", list(Format))
def test_hundreds_of_damaged_files_give_a_picture_or_a_reason(
    kind: Format, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(f"{kind}-7")
    reasons = []
    for _ in range(150):
        data = bytearray(FILES[kind])
        # Half of the damage goes into the first bytes, where sizes, offsets and types are.
        for _ in range(rng.choice([1, 2, 4, 16])):
            reach = rng.choice([min(len(data), 200), len(data)])
            data[rng.randrange(8, reach)] = rng.choice([0, 255, rng.randrange(256)])
        reasons.append(outcome(bytes(data)))

    failures = [reason for reason in reasons if reason]
    assert failures, "some of that must have hurt"
    for reason in failures:
        assert reason.isprintable()
        assert len(reason) < 250
        assert "0x" not in reason, "no Python object shows in a reason"
    assert capfd.readouterr() == ("", ""), "no library prints"


@pytest.mark.parametrize(
    "error",
    [
        OSError("broken data stream when reading image file"),
        OSError(28, "No space left on device"),
        ValueError("bad"),
        SyntaxError("not a TIFF file"),
        RuntimeError("x"),
        RecursionError(),
        NotImplementedError(),
        MemoryError(),
        Image.DecompressionBombError("x"),
        EOFError(),
        IndexError(),
        TypeError(),
        KeyError(3),
        OverflowError(),
        ZeroDivisionError(),
        AttributeError(),
        AssertionError(),
        UnicodeDecodeError("ascii", b"", 0, 1, "x"),
        UserWarning("a warning turned into an error"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_plug_in_raises_becomes_a_reason(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("sightline.images.decoding.open_picture", fail)

    with pytest.raises(ImageUnreadableError) as caught:
        decode(FILES[Format.PNG])

    assert caught.value.reason
    assert caught.value.__cause__ is error


def test_a_lazily_opened_broken_file_becomes_a_reason() -> None:
    with (
        Image.open(io.BytesIO(FILES[Format.PNG][:-300])) as image,
        pytest.raises(ImageUnreadableError),
    ):
        decode(image)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7", "a PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "PostScript"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"8BPS\0\x01", "a Photoshop document"),
        (b"<!DOCTYPE html>", "a web page or XML"),
        (b'<svg xmlns="', "an SVG drawing"),
        (b"RIFF\0\0\0\0AVI LIST", "a film"),
        (b"\0\0\0\x20ftypisom", "a film"),
        (b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom", "a raw file of a camera"),
        (b"II*\0\x10\0\0\0CR\x02\0", "a raw file of a camera"),
        (b"\xff\x0a", "a JPEG XL picture"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"BM: the bookmarks of my browser", "text"),
        (bytes(64), "all zeros"),
        ("naïve".encode(), "not a picture"),
    ],
)
def test_what_is_not_a_picture_is_named_where_it_is_known(head: bytes, kind: str) -> None:
    assert sniff(head) is None
    assert kind in describe_stranger(head)
    with pytest.raises(ImageUnreadableError, match="not a picture that Sightline reads"):
        decode(head)


def test_postscript_and_other_exotic_formats_are_never_opened() -> None:
    for kind in ("EPS", "PDF", "PCX", "TGA", "ICO", "PPM", "SGI", "JPEG2000"):
        with pytest.raises(ImageUnreadableError, match="not a picture that Sightline reads"):
            decode(encoded(corners(), kind))


def test_a_text_bomb_in_a_png_is_refused() -> None:
    info = PngImagePlugin.PngInfo()
    info.add(b"zTXt", b"comment\0\0" + zlib.compress(b"a" * 80_000_000))

    assert outcome(encoded(noise(8, 8), "PNG", pnginfo=info))


def test_an_invalid_animation_gives_its_default_picture_without_a_warning() -> None:
    data = encoded(corners(), "PNG")
    body = b"acTL" + bytes(8)  # says that there are no frames
    chunk = (8).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    assert outcome(data[:33] + chunk + data[33:]) is None


def test_what_pillow_logs_about_damage_is_not_printed() -> None:
    # In a process of its own, because pytest gives logging a handler.
    script = (
        "import sys; from sightline.errors import ImageUnreadableError;"
        "from sightline.images import decode\n"
        "try: decode(sys.stdin.buffer.read())\n"
        "except ImageUnreadableError: print('unreadable')"
    )
    tags = [(256, 3, 8), (257, 3, 8), (258, 3, 8), (259, 3, 1), (262, 3, 2), (277, 3, 2048)]
    table = struct.pack("<H", len(tags))
    table += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)

    done = subprocess.run(
        [sys.executable, "-c", script],
        input=b"II*\0" + struct.pack("<I", 8) + table + bytes(4),
        capture_output=True,
        check=True,
    )

    assert (done.stdout, done.stderr) == (b"unreadable\n", b"")
