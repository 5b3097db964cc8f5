"""`sightline search`: by words, by picture, or by both."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sightline.cli.composing import Composed, explain, note_fallbacks
from sightline.cli.console import complain, counted, is_watched, say
from sightline.cli.exits import Exit
from sightline.cli.filters import FilterOptions
from sightline.cli.groups import with_groups
from sightline.cli.options import GalleryOption, Opening, gallery_folder
from sightline.cli.queries import AddedUp, Output, Part, Wanted

if TYPE_CHECKING:
    from sightline.gallery import Gallery
    from sightline.types import Hit, Query


@with_groups
def search(
    *,
    wanted: Wanted,
    part: Part,
    composed: Composed,
    added_up: AddedUp,
    filters: FilterOptions,
    output: Output,
    gallery: GalleryOption = None,
    opening: Opening,
) -> None:
    """Search by words, by picture, or by both together; the best results come first.

    Results go to standard output. The exit code is 1 when there are none.
    """
    page = output.sheet_file()
    query = composed.query(wanted.query(added_up, filters), added_up=added_up.is_asked_for)
    settings = composed.settings()
    with opening.open(gallery_folder(gallery)) as opened:
        began = time.perf_counter()
        found = opened.find(
            query,
            part.k,
            offset=part.offset,
            min_score=part.min_score,
            prompt=added_up.prompt,
            words=settings,
        )
        elapsed_ms = (time.perf_counter() - began) * 1000
        _note_missing_vectors(opened)
        is_empty = len(opened) == 0
    if found.composition is not None:
        note_fallbacks(found.composition)
        if composed.explain:
            pushed = wanted.pushed_away(added_up.excluded_weight)
            explain(found.composition, (wanted.images or [""])[0], pushed, as_json=output.as_json)
    if not found.hits:
        _say_nothing_found(is_empty, found.considered)
        raise typer.Exit(Exit.NOTHING_FOUND)
    # The sheet comes first: whoever reads the lines may stop reading, as `head` does.
    if page is not None:
        _write_sheet(page, found.hits, query, opening.max_megapixels)
    _print_hits(found.hits, output)
    if is_watched() and not output.as_json and not output.paths_only:
        results = counted(len(found.hits), "result")
        complain(f"{results} in {elapsed_ms:.0f} ms, the model's start included")


def _note_missing_vectors(gallery: Gallery) -> None:
    """Say so when some pictures cannot be found because this model has not seen them."""
    missing = gallery.missing()
    if missing:
        complain(
            f"note: {missing:,} of {len(gallery):,} pictures have no vector of "
            f"{gallery.model_name}; bring them up to date with `sightline index`"
        )


def _say_nothing_found(is_empty: bool, considered: int) -> None:
    if is_empty:
        complain(
            "nothing found: the gallery is empty; index pictures with `sightline index FOLDER`"
        )
    elif not considered:
        complain("nothing found: no picture passes the filters; leave some out")
    else:
        complain("nothing found")


def _print_hits(hits: Sequence[Hit], output: Output) -> None:
    for hit in hits:
        if output.as_json:
            say(json.dumps(as_object(hit), ensure_ascii=False))
        elif output.paths_only or output.print0:
            say(str(hit.path), end="\0" if output.print0 else "\n")
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
        "labels": list(hit.image.labels),
    }


def _write_sheet(target: Path, hits: Sequence[Hit], query: Query, max_megapixels: float) -> None:
    from sightline.cli.sheet import write_sheet

    write_sheet(target, hits, query, max_megapixels)
    complain(f"contact sheet: {target}")
