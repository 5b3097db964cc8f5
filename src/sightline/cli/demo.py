"""`sightline demo`: draw the demo collection, index it, search it, and say what to try next."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.options import ThreadsOption
from sightline.cli.progress import shown_progress
from sightline.cli.scenes import draw_collection

if TYPE_CHECKING:
    from rich.console import Console

    from sightline.gallery import Gallery
    from sightline.types import Query

_WORDS = "a sailboat at sunset"
_PICTURE_OF = "a red car in the snow at night"
_REFERENCE_OF = "a white horse in a meadow"
_INSTRUCTION = "at night"
_SEED = 1
_RESULTS = 10


def demo(
    folder: Annotated[Path, typer.Argument(help="Where pictures and gallery go.")] = Path("demo"),
    count: Annotated[int, typer.Option("--count", "-n", help="How many pictures.", min=1)] = 2000,
    threads: ThreadsOption = 0,
) -> None:
    """Draw a collection, index it with the model that ships, and search it in three ways.

    A second run finds all that is there and takes a moment.
    """
    from rich.console import Console

    from sightline.gallery import Gallery

    console = Console(highlight=False)
    folder = folder.expanduser()
    scenes, home = folder / "scenes", folder / "gallery"
    began = time.perf_counter()
    draw_collection(scenes, count, _SEED)
    console.print(
        f"[bold]1[/]  {count:,} scenes in {scenes}  ({time.perf_counter() - began:.1f} s)"
    )
    with Gallery.open(home, model="mini", threads=threads) as gallery:
        with shown_progress() as progress:
            report = gallery.sync([scenes], progress=progress)
        if report.embedded:
            rate = report.embedded / report.seconds
            done = f"{report.embedded:,} indexed in {report.seconds:.1f} s, {rate:,.0f} pictures/s"
        else:
            done = "indexed before, nothing to do"
        console.print(f"[bold]2[/]  {len(gallery):,} pictures in {home}  ({done})")
        console.print("[bold]3[/]  three ways to search")
        sheets = _search_three_ways(console, gallery, folder)
    _say_what_next(console, home, sheets)


def _search_three_ways(console: Console, gallery: Gallery, folder: Path) -> list[Path]:
    """Search by words, by picture and by both; write a contact sheet of each."""
    from sightline.types import Query

    picture = gallery.search(Query(texts=[_PICTURE_OF]), k=1)[0].path
    reference = gallery.search(Query(texts=[_REFERENCE_OF]), k=1)[0].path
    queries = {
        "words": Query(texts=[_WORDS]),
        "picture": Query(images=[picture]),
        "both": Query(images=[reference], texts=[_INSTRUCTION]),
    }
    return [_show(console, gallery, name, query, folder) for name, query in queries.items()]


def _show(console: Console, gallery: Gallery, name: str, query: Query, folder: Path) -> Path:
    from sightline.cli.sheet import title_of, write_sheet

    began = time.perf_counter()
    hits = gallery.search(query, k=_RESULTS)
    elapsed_ms = (time.perf_counter() - began) * 1000
    sheet = folder / f"by-{name}.jpg"
    write_sheet(sheet, hits, query, max_megapixels=200.0)
    console.print(f"     [bold]{title_of(query)}[/]  ({elapsed_ms:.0f} ms)")
    for hit in hits[:3]:
        console.print(f"       {hit.rank}  {hit.score:.3f}  {hit.path.name}")
    return sheet


def _say_what_next(console: Console, home: Path, sheets: list[Path]) -> None:
    console.print(f"     contact sheets: {', '.join(str(sheet) for sheet in sheets)}")
    console.print("\n[bold]Try next[/]")
    lines = [
        f'sightline search "a black cat under a starry sky" -g {home}',
        f'sightline search "a balloon" --not "mountains" -g {home} --sheet balloons.jpg',
        f'sightline search --image PICTURE.jpg "in the snow" -g {home}',
        "sightline index ~/Pictures --model FOLDER   # your own pictures, with your own model",
    ]
    for line in lines:
        console.print(f"  {line}", markup=False, soft_wrap=True)
