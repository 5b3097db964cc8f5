"""`sightline scenes`: draw a collection of scenes with captions and ground truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.console import complain, counted
from sightline.cli.options import named_path
from sightline.cli.progress import progress_bar


def scenes(
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="Where to write pictures and truth.")
    ],
    count: Annotated[int, typer.Option("--count", "-n", help="How many.", min=1)] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same pictures.")] = 1,
    width: Annotated[int, typer.Option(help="In pixels.", min=16, max=8192)] = 640,
    height: Annotated[int, typer.Option(help="In pixels.", min=16, max=8192)] = 480,
    workers: Annotated[int, typer.Option(help="Processes; 0 means one a core.", min=0)] = 0,
) -> None:
    """Draw scenes: pictures, and scenes.jsonl and edits.jsonl with what they show."""
    home = named_path(folder)
    draw_collection(home, count, seed, (width, height), workers)
    complain(f"{counted(count, 'picture')} in {home}, what they show in {home / 'scenes.jsonl'}")


def draw_collection(
    folder: Path, count: int, seed: int, size: tuple[int, int] = (640, 480), workers: int = 0
) -> None:
    """Write a collection, with a progress bar."""
    from sightline_scenes.collection import write_collection

    with progress_bar() as bar:
        task = bar.add_task("drawing", total=count, note="")
        write_collection(
            folder,
            count=count,
            seed=seed,
            width_px=size[0],
            height_px=size[1],
            workers=workers or None,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
