"""`sightline status`: what is indexed, what is not, and why."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import counted, say
from sightline.cli.options import GalleryOption, JsonOption, gallery_folder

if TYPE_CHECKING:
    from sightline.types import GalleryStatus


def status(
    gallery: GalleryOption = None,
    skipped: Annotated[
        bool, typer.Option("--skipped", help="List every file that could not be read, and why.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a gallery holds, and which files could not be read."""
    from sightline.gallery import Gallery

    with Gallery.open(gallery_folder(gallery), create=False) as opened:
        state = opened.status()
    if as_json:
        say(json.dumps(_as_object(state), ensure_ascii=False))
    elif skipped:
        for fault in state.faults:
            say(f"{fault.path}: {fault.reason}")
    else:
        _print_status(state)


def _print_status(state: GalleryStatus) -> None:
    say(f"gallery   {state.path}")
    say(f"pictures  {state.images:,}")
    for spec, count in state.models.items():
        say(
            f"model     {spec.name}: {counted(count, 'vector')} of {spec.dimensions} dimensions, "
            f"{spec.precision}, weights {spec.digest[:12]}"
        )
    for folder in state.folders:
        say(f"folder    {folder}")
    say(f"index     {state.index_state}")
    say(f"on disk   {state.bytes_on_disk / 1e6:,.1f} MB")
    say(f"skipped   {len(state.faults):,}")
    for reason, count in Counter(f.reason for f in state.faults).most_common(10):
        say(f"          {count:,} x {reason}")
    if state.faults:
        say("          each file: `sightline status --skipped`")


def _as_object(state: GalleryStatus) -> dict[str, object]:
    return {
        "gallery": str(state.path),
        "images": state.images,
        "models": [
            {
                "name": spec.name,
                "vectors": count,
                "dimensions": spec.dimensions,
                "precision": spec.precision,
                "digest": spec.digest,
            }
            for spec, count in state.models.items()
        ],
        "folders": [str(folder) for folder in state.folders],
        "index": state.index_state,
        "bytes_on_disk": state.bytes_on_disk,
        "skipped": [{"path": str(f.path), "reason": f.reason} for f in state.faults],
    }
