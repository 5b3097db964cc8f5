"""`sightline search`: by words, by picture, or by both."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import complain, say
from sightline.cli.exits import Exit
from sightline.cli.options import (
    GalleryOption,
    JsonOption,
    MegapixelsOption,
    ModelOption,
    ThreadsOption,
    gallery_folder,
)

if TYPE_CHECKING:
    from sightline.types import Hit, ImageSource, Query


def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORDS", help="What the pictures should show.", show_default=False),
    ] = None,
    image: Annotated[
        list[str] | None,
        typer.Option(
            "--image",
            "-i",
            metavar="FILE",
            help="A picture to search by; - reads one from standard input.",
        ),
    ] = None,
    excluded: Annotated[
        list[str] | None,
        typer.Option("--not", metavar="WORDS", help="Words for what they should not show."),
    ] = None,
    excluded_image: Annotated[
        list[Path] | None,
        typer.Option("--not-image", metavar="FILE", help="A picture they should not be like."),
    ] = None,
    k: Annotated[int, typer.Option("-k", "--count", help="How many results.", min=1)] = 20,
    text_weight: Annotated[float, typer.Option(help="Of the words beside a picture.")] = 0.5,
    image_weight: Annotated[float, typer.Option(help="Of the picture beside words.")] = 0.5,
    excluded_weight: Annotated[float, typer.Option(help="Of what is excluded.")] = 0.5,
    prompt: Annotated[
        str | None,
        typer.Option(
            help="The sentence that words are put into, with {query} where they go. "
            "Default: the model's own.",
            envvar="SIGHTLINE_PROMPT",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    paths_only: Annotated[
        bool, typer.Option("--paths-only", "-p", help="Print paths and nothing else.")
    ] = False,
    print0: Annotated[
        bool, typer.Option("--print0", "-0", help="End each path with NUL, for `xargs -0`.")
    ] = False,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a contact sheet of the results there."),
    ] = None,
    gallery: GalleryOption = None,
    model: ModelOption = None,
    threads: ThreadsOption = 0,
    max_megapixels: MegapixelsOption = 200.0,
) -> None:
    """Search by words, by picture, or by both together; the best results come first.

    Results go to standard output. The exit code is 1 when there are none.
    """
    from sightline.gallery import Gallery
    from sightline.types import Query

    query = Query(
        texts=[" ".join(words)] if words else [],
        images=[_picture(name) for name in image or []],
        excluded_texts=excluded or [],
        excluded_images=excluded_image or [],
        text_weight=text_weight,
        image_weight=image_weight,
        excluded_weight=excluded_weight,
    )
    with Gallery.open(
        gallery_folder(gallery),
        model=model,
        create=False,
        threads=threads,
        max_megapixels=max_megapixels,
    ) as opened:
        began = time.perf_counter()
        hits = opened.search(query, k=k, prompt=prompt)
        elapsed_ms = (time.perf_counter() - began) * 1000
    # The sheet comes first: whoever reads the lines may stop reading, as `head` does.
    if sheet is not None:
        _write_sheet(sheet.expanduser(), hits, query, max_megapixels)
        complain(f"contact sheet: {sheet}")
    _print_hits(hits, as_json=as_json, paths_only=paths_only or print0, print0=print0)
    if not hits:
        complain("nothing found: the gallery has no pictures")
        raise typer.Exit(Exit.NOTHING_FOUND)
    if sys.stderr.isatty() and not as_json and not paths_only:
        complain(f"{len(hits)} results in {elapsed_ms:.0f} ms, the model's start included")


def _picture(name: str) -> ImageSource:
    from sightline.errors import SourceNotFoundError

    if name == "-":
        return sys.stdin.buffer.read()
    path = Path(name).expanduser()
    if not path.exists():
        raise SourceNotFoundError(path)
    return path


def _print_hits(hits: Sequence[Hit], *, as_json: bool, paths_only: bool, print0: bool) -> None:
    for hit in hits:
        if as_json:
            say(json.dumps(as_object(hit), ensure_ascii=False))
        elif paths_only:
            say(str(hit.path), end="\0" if print0 else "\n")
        else:
            say(f"{hit.rank:>4}  {hit.score:.4f}  {hit.path}")


def as_object(hit: Hit) -> dict[str, object]:
    """Return what ``--json`` prints for one result."""
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "id": hit.id,
        "path": str(hit.path),
        "width": hit.image.width_px,
        "height": hit.image.height_px,
        "format": hit.image.format,
        "taken_at": hit.image.taken_at,
    }


def _write_sheet(target: Path, hits: Sequence[Hit], query: Query, max_megapixels: float) -> None:
    from sightline.cli.sheet import write_sheet

    write_sheet(target, hits, query, max_megapixels)
