"""`sightline index`: bring pictures into a gallery, or bring a gallery up to date."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import complain, person, say
from sightline.cli.options import (
    GalleryOption,
    JsonOption,
    MegapixelsOption,
    ModelOption,
    ThreadsOption,
    gallery_folder,
)
from sightline.cli.progress import shown_progress

if TYPE_CHECKING:
    from sightline.gallery import Gallery
    from sightline.types import SyncReport

_SKIPPED_SHOWN = 10


def index(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATHS",
            help="Picture files, folders or globs. None: the folders indexed before.",
            show_default=False,
        ),
    ] = None,
    gallery: GalleryOption = None,
    model: ModelOption = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Drop vanished pictures even if they are more than half of the gallery."
        ),
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try files again that could not be read before.")
    ] = False,
    threads: ThreadsOption = 0,
    max_megapixels: MegapixelsOption = 200.0,
    as_json: JsonOption = False,
) -> None:
    """Index pictures: only what is new or changed goes through the model.

    A stopped run goes on where it was when the same command is given again.
    """
    from sightline.gallery import Gallery

    folder = gallery_folder(gallery)
    with Gallery.open(
        folder, model=model, threads=threads, max_megapixels=max_megapixels
    ) as opened:
        _warn_of_unknown_pictures(opened, paths or [])
        with shown_progress() as progress:
            report = opened.sync(paths or None, force=force, retry=retry, progress=progress)
        if as_json:
            say(json.dumps(_as_object(report)))
        else:
            _print_report(report, opened)


def _warn_of_unknown_pictures(gallery: Gallery, paths: list[str]) -> None:
    """Say so when a model that knows only drawn scenes is given something else."""
    if gallery.domain != "drawn scenes":
        return
    from sightline.scenes.collection import is_collection

    folders = [Path(path).expanduser() for path in paths] or list(gallery.status().folders)
    if all(is_collection(folder) for folder in folders):
        return
    complain(
        f"note: {gallery.model_name} knows the drawn scenes of `sightline scenes`, not "
        "photographs, so what it finds among photographs is of little use; "
        "pass --model FOLDER for a model that was trained on photographs"
    )


def _as_object(report: SyncReport) -> dict[str, object]:
    return {
        "added": report.added,
        "changed": report.changed,
        "moved": report.moved,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "embedded": report.embedded,
        "skipped": [{"path": str(s.path), "reason": s.reason} for s in report.skipped],
        "seconds": round(report.seconds, 3),
    }


def _print_report(report: SyncReport, gallery: Gallery) -> None:
    console = person()
    parts = [
        f"{getattr(report, name):,} {name}"
        for name in ("added", "changed", "moved", "removed", "unchanged")
        if getattr(report, name)
    ]
    rate = f" ({report.embedded / report.seconds:,.0f} pictures/s)" if report.embedded > 50 else ""
    console.print(f"{', '.join(parts) or 'nothing to do'} in {report.seconds:.1f} s{rate}")
    if report.skipped:
        print_skipped(report)
    console.print(f"{len(gallery):,} pictures in {gallery.path}, indexed with {gallery.model_name}")


def print_skipped(report: SyncReport) -> None:
    """Write what was skipped: each reason with its number, then the first files."""
    console = person()
    console.print(f"{len(report.skipped):,} skipped:", style="yellow")
    for reason, count in Counter(s.reason for s in report.skipped).most_common(5):
        console.print(f"  {count:,} x {reason}", markup=False)
    for skipped in report.skipped[:_SKIPPED_SHOWN]:
        console.print(f"    {skipped.path}", markup=False, soft_wrap=True)
    if len(report.skipped) > _SKIPPED_SHOWN:
        console.print("    ... all of them: `sightline status --skipped`")
