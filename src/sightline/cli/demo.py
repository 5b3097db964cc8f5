"""`sightline demo`: draw the demo collection, index it, search it, and say what to try next."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import counted, is_watched, page
from sightline.cli.options import ThreadsOption, named_path
from sightline.cli.progress import shown_progress
from sightline.cli.scenes import draw_collection

if TYPE_CHECKING:
    from rich.console import Console

    from sightline.gallery import Gallery
    from sightline.types import Query, SyncReport

_WORDS = "a sailboat at sunset"
_PICTURE_OF = "a red car in the snow at night"
_REFERENCE_OF = "a white horse in a meadow"
_INSTRUCTION = "at night"
_SEED = 1
_RESULTS = 10


def demo(
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="Where pictures and gallery go.")
    ] = "demo",
    count: Annotated[int, typer.Option("--count", "-n", help="How many pictures.", min=1)] = 2000,
    serve: Annotated[
        bool, typer.Option("--serve", help="Then serve it, and open the page in a browser.")
    ] = False,
    threads: ThreadsOption = 0,
) -> None:
    """Draw a collection, index it with the model that ships, and search it in three ways.

    A second run finds all that is there and takes a moment.
    """
    from sightline.gallery import Gallery

    console = page()
    place = named_path(folder)
    scenes, home = place / "scenes", place / "gallery"
    began = time.perf_counter()
    draw_collection(scenes, count, _SEED)
    elapsed_s = time.perf_counter() - began
    _print_step(console, 1, f"{counted(count, 'scene')} in {scenes}  ({elapsed_s:.1f} s)")
    with Gallery.open(home, model="mini", threads=threads) as gallery:
        with shown_progress() as progress:
            # The folder is the demo's own: a smaller collection than the last is no lost drive.
            report = gallery.sync([scenes], force=True, progress=progress)
        _print_step(console, 2, f"{counted(len(gallery), 'picture')} in {home}  ({_told(report)})")
        _print_step(console, 3, "three ways to search")
        sheets = _search_three_ways(console, gallery, place)
        _say_what_next(console, home, sheets)
        if serve:
            _serve(gallery)


def _print_step(console: Console, number: int, what: str) -> None:
    console.print(str(number), style="bold", end="  ")
    console.print(what)


def _told(report: SyncReport) -> str:
    if report.embedded:
        rate = report.embedded / report.seconds
        return f"{report.embedded:,} indexed in {report.seconds:.1f} s, {rate:,.0f} pictures/s"
    return "indexed before, nothing to do"


def _search_three_ways(console: Console, gallery: Gallery, folder: Path) -> list[Path]:
    """Search by words, by picture and by both; write a contact sheet of each."""
    from sightline.types import Query

    picture = gallery.search(Query(texts=[_PICTURE_OF]), k=1)[0].path
    reference = gallery.search(Query(texts=[_REFERENCE_OF]), k=1)[0].path
    queries = {
        "by-words": Query(texts=[_WORDS]),
        "by-picture": Query(images=[picture]),
        "by-both": Query(images=[reference], instruction=_INSTRUCTION),
    }
    return [
        _show(console, gallery, query, folder / f"{name}.jpg") for name, query in queries.items()
    ]


def _show(console: Console, gallery: Gallery, query: Query, sheet: Path) -> Path:
    from sightline.cli.sheet import title_of, write_sheet

    began = time.perf_counter()
    found = gallery.find(query, k=_RESULTS)
    hits = found.hits
    elapsed_ms = (time.perf_counter() - began) * 1000
    write_sheet(sheet, hits, query, max_megapixels=200.0)
    console.print(f"     {title_of(query)}", style="bold", end="")
    console.print(f"  ({elapsed_ms:.0f} ms)")
    for hit in hits[:3]:
        console.print(f"       {hit.rank}  {hit.score:.3f}  {hit.path.name}")
    if found.composition is not None and found.composition.target is not None:
        console.print(f"       understood as: {found.composition.target.text}")
    return sheet


def _say_what_next(console: Console, home: Path, sheets: list[Path]) -> None:
    console.print(f"     contact sheets: {', '.join(str(sheet) for sheet in sheets)}")
    console.print("\nTry next", style="bold")
    place, command = shlex.quote(str(home)), _command()
    lines = [
        f"{command} serve -g {place}   # the page, in your browser",
        f'{command} search "a black cat under a starry sky" -g {place}',
        f'{command} search "a balloon" --not "mountains" -g {place} --sheet balloons.jpg',
        f'{command} search --image PICTURE.jpg "in the snow" -g {place}',
        f"{command} index ~/Pictures   # your own pictures, with the model clip-vit-l14",
    ]
    for line in lines:
        console.print(f"  {line}")


def _serve(gallery: Gallery) -> None:
    from sightline.cli.serve import serve_gallery
    from sightline.server.settings import Settings

    settings = Settings.from_environment(os.environ)
    settings.check_binding()
    serve_gallery(gallery, settings, open_browser=is_watched())


def _command() -> str:
    """Return how this program can be called again from here."""
    if shutil.which("sightline"):
        return "sightline"
    called = Path(sys.argv[0])
    return shlex.quote(str(called)) if called.name == "sightline" else "sightline"
