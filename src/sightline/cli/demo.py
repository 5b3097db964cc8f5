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

_TEXTS = (
    "a red car in the snow",
    "a white sailboat at sunset",
    "a house in the mountains at night",
)
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

    first = gallery.search(Query(texts=[_TEXTS[0]]), k=1)[0]
    queries = {
        "words": Query(texts=[_TEXTS[1]]),
        "picture": Query(images=[first.path]),
        "both": Query(images=[first.path], texts=["at night"], text_weight=0.6, image_weight=0.4),
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
        f'sightline search "{_TEXTS[2]}" -g {home}',
        f'sightline search "a dog on the beach" --not "rain" -g {home} --sheet dogs.jpg',
        f'sightline search --image PICTURE.jpg "at night" -g {home}',
        "sightline index ~/Pictures --model FOLDER   # your own pictures, with your own model",
    ]
    for line in lines:
        console.print(f"  {line}", markup=False, soft_wrap=True)
