"""`sightline index`: bring pictures into a gallery, or bring a gallery up to date."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import complain, counted, person, say
from sightline.cli.exits import Exit
from sightline.cli.models.fetching import fetched_if_needed
from sightline.cli.options import (
    DeviceOption,
    GalleryOption,
    JsonOption,
    MegapixelsOption,
    ModelOption,
    Opening,
    PrecisionOption,
    ThreadsOption,
    gallery_folder,
)
from sightline.cli.progress import shown_progress

if TYPE_CHECKING:
    from sightline.gallery import Gallery
    from sightline.protocols import Encoder
    from sightline.types import SyncReport

_SKIPPED_SHOWN = 10
_TOO_FEW_FOR_A_RATE = 50
_LIMITS = {"disk": "the disk", "decoding": "decoding pictures", "model": "the model"}
# Below it the model is as quick as it gets, and most of its time is its start.
_WORTH_A_HINT_S = 30.0


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
    precision: PrecisionOption = None,
    device: DeviceOption = "auto",
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
    folder, named = gallery_folder(gallery), paths or []
    opening = Opening(model, precision, device, threads, max_megapixels)
    with _open(folder, named, opening) as opened:
        fetched_if_needed(lambda: opened.encoder, precision)
        _warn_of_unknown_pictures(opened, named)
        with shown_progress() as progress:
            report = opened.sync(named or None, force=force, retry=retry, progress=progress)
        if as_json:
            say(json.dumps(_as_object(report)))
        else:
            _print_report(report, opened, threads)


def _open(folder: Path, paths: list[str], opening: Opening) -> Gallery:
    """Return the gallery; a new one is made only if there is something to put into it."""
    from sightline.errors import GalleryNotFoundError

    try:
        return opening.open(folder)
    except GalleryNotFoundError:
        model = _checked_before_creating(folder, paths, opening)
        return replace(opening, model=model).open(folder, create=True)


def _checked_before_creating(folder: Path, paths: list[str], opening: Opening) -> str:
    """Return the model to use; raise now what would be raised beside a new and empty gallery."""
    from sightline.encoders import load_model
    from sightline.gallery.model import default_model_for
    from sightline.gallery.sync.comparison import roots_of

    if not paths:
        complain(
            f"sightline: there is no gallery at {folder} yet, so name the folders to index: "
            "`sightline index FOLDER`"
        )
        raise typer.Exit(Exit.BAD_INPUT)
    roots = roots_of(paths)
    chosen = default_model_for(roots) if opening.model is None else opening.model
    fetched_if_needed(
        lambda: load_model(
            chosen, threads=opening.threads, precision=opening.precision, device=opening.device
        ),
        opening.precision,
    )
    return chosen


def _warn_of_unknown_pictures(gallery: Gallery, paths: list[str]) -> None:
    """Say so when a model that knows only drawn scenes is given something else."""
    if gallery.domain != "drawn scenes":
        return
    from sightline.gallery.model import is_drawn
    from sightline.gallery.sync.comparison import roots_of

    folders = roots_of(paths) or gallery.folders
    if all(is_drawn(folder) for folder in folders):
        return
    complain(
        f"note: {gallery.model_name} knows the drawn scenes of `sightline scenes`, not "
        "photographs, so what it finds among photographs is of little use; "
        "pass --model clip-vit-l14 for a model that was trained on photographs"
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
        "limited_by": report.limited_by,
        "waits": {str(limit): round(seconds, 3) for limit, seconds in report.waits.items()},
    }


def _print_report(report: SyncReport, gallery: Gallery, threads: int) -> None:
    console = person()
    console.print(f"{_counts(report)} in {report.seconds:.1f} s{_rate(report)}")
    if report.embedded > _TOO_FEW_FOR_A_RATE:
        console.print(limit_line(report, gallery.encoder, threads))
    if report.skipped:
        _print_skipped(report)
    console.print(
        f"{counted(len(gallery), 'picture')} in {gallery.path}, indexed with {gallery.model_name}"
    )


def _counts(report: SyncReport) -> str:
    names = ["added", "changed", "moved", "removed", "unchanged"]
    # Another model embeds what is unchanged, and copies of one content are embedded once.
    if report.embedded != report.added + report.changed:
        names.append("embedded")
    counts = [f"{getattr(report, name):,} {name}" for name in names if getattr(report, name)]
    return ", ".join(counts) or "nothing to do"


def _rate(report: SyncReport) -> str:
    if report.embedded <= _TOO_FEW_FOR_A_RATE:
        return ""
    return f" ({report.embedded / report.seconds:,.0f} pictures/s)"


def limit_line(report: SyncReport, encoder: Encoder, threads: int) -> str:
    """Return what limited a run, and what would help if that is known; "" if nothing did.

    Args:
        report: Of the run.
        encoder: Whose run it was.
        threads: As they were asked for; 0 means every core.
    """
    from sightline.types import Limit

    limit = report.limited_by
    if limit is None:
        return ""
    share = min(1.0, report.waits[limit] / report.seconds) if report.seconds else 1.0
    line = f"limited by {_LIMITS[limit]} (waited for {share:.0%} of the time)"
    if limit is Limit.DECODING and _idle_cores(threads):
        return f"{line}; leave --threads out to use every core"
    if limit is Limit.MODEL and report.waits[limit] > _WORTH_A_HINT_S and _is_slowest(encoder):
        return f"{line}; --precision bfloat16 is about twice as fast on this processor"
    return line


def _idle_cores(threads: int) -> bool:
    from sightline.system.threads import cores

    return 0 < threads < cores()


def _is_slowest(encoder: Encoder) -> bool:
    """Whether the model computes in float32 on a processor that has more to offer."""
    from sightline.encoders.cpu.openvino_runtime import cpu_has_bfloat16

    on_cpu = getattr(encoder, "device", "cpu") == "cpu"
    return encoder.spec.precision == "float32" and on_cpu and cpu_has_bfloat16()


def _print_skipped(report: SyncReport) -> None:
    """Write what was skipped: each reason with its number, then the first files."""
    console = person()
    console.print(f"{len(report.skipped):,} skipped:", style="yellow")
    for reason, count in Counter(s.reason for s in report.skipped).most_common(5):
        console.print(f"  {count:,} x {reason}")
    for skipped in report.skipped[:_SKIPPED_SHOWN]:
        console.print(f"    {skipped.path}")
    if len(report.skipped) > _SKIPPED_SHOWN:
        console.print("    ... all of them: `sightline status --skipped`")
    console.print("  they are tried again when they change; now with `sightline index --retry`")
