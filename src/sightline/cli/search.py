"""`sightline search`: by words, by picture, or by both."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.composing import (
    BalanceOption,
    BlipOption,
    CaptionerOption,
    CaptionOption,
    ComposerOption,
    DesiredOption,
    ExplainOption,
    ForbiddenOption,
    ModeOption,
    ParaphraseOption,
    PhrasesOption,
    PreserveOption,
    TargetOption,
    WeightsOption,
    composed_query,
    note_fallbacks,
    read_target,
    words_settings,
)
from sightline.cli.composing import explain as explain_composition
from sightline.cli.console import complain, counted, is_watched, say
from sightline.cli.exits import Exit
from sightline.cli.filtering import (
    FolderOption,
    FormatOption,
    HeightOption,
    LabelOption,
    ModifiedOption,
    OrientationOption,
    TakenOption,
    WidthOption,
    filters_of,
)
from sightline.cli.options import (
    DeviceOption,
    GalleryOption,
    JsonOption,
    MegapixelsOption,
    ModelOption,
    PrecisionOption,
    ThreadsOption,
    gallery_folder,
    named_path,
)
from sightline.errors import ImageUnreadableError, InvalidValueError, SourceNotFoundError
from sightline.system.paths import absolute

if TYPE_CHECKING:
    from sightline.gallery import Gallery
    from sightline.types import Hit, ImageSource, PictureSource, Query


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
        list[str] | None,
        typer.Option(
            "--not-image",
            metavar="FILE",
            help="A picture they should not be like; - reads one from standard input.",
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="L,T,R,B",
            help="Search by this part of --image: left, top, right, bottom as fractions.",
            show_default=False,
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", "--count", help="How many results.", min=1)] = 20,
    offset: Annotated[int, typer.Option(help="Leave out so many of the best.", min=0)] = 0,
    min_score: Annotated[
        float | None,
        typer.Option(help="Leave out what scores lower, a cosine.", show_default=False),
    ] = None,
    mode: ModeOption = None,
    captioner: CaptionerOption = None,
    composer: ComposerOption = None,
    caption: CaptionOption = None,
    target: TargetOption = None,
    desired: DesiredOption = None,
    preserve: PreserveOption = None,
    forbidden: ForbiddenOption = None,
    paraphrase: ParaphraseOption = None,
    weights: WeightsOption = None,
    balance: BalanceOption = 0.5,
    explain: ExplainOption = False,
    phrases: PhrasesOption = None,
    blip: BlipOption = None,
    text_weight: Annotated[
        float | None,
        typer.Option(help="Of the words beside pictures, added up.  [default: 0.5]"),
    ] = None,
    image_weight: Annotated[
        float | None,
        typer.Option(help="Of the pictures beside words, added up.  [default: 0.5]"),
    ] = None,
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
    folder: FolderOption = None,
    label: LabelOption = None,
    format: FormatOption = None,
    orientation: OrientationOption = None,
    taken: TakenOption = None,
    modified: ModifiedOption = None,
    width: WidthOption = None,
    height: HeightOption = None,
    as_json: JsonOption = False,
    paths_only: Annotated[
        bool, typer.Option("--paths-only", "-p", help="Print paths and nothing else.")
    ] = False,
    print0: Annotated[
        bool, typer.Option("--print0", "-0", help="End each path with NUL, for `xargs -0`.")
    ] = False,
    sheet: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write a contact sheet of the results there."),
    ] = None,
    gallery: GalleryOption = None,
    model: ModelOption = None,
    precision: PrecisionOption = None,
    device: DeviceOption = "cpu",
    threads: ThreadsOption = 0,
    max_megapixels: MegapixelsOption = 200.0,
) -> None:
    """Search by words, by picture, or by both together; the best results come first.

    Results go to standard output. The exit code is 1 when there are none.
    """
    from sightline.gallery import Gallery
    from sightline.types import Query

    page = _sheet_file(sheet)
    _check_standard_input([*(image or []), *(excluded_image or [])])
    query = Query(
        texts=[" ".join(words)] if words else [],
        images=_examples(image or [], region),
        excluded_texts=excluded or [],
        excluded_images=[_picture(name) for name in excluded_image or []],
        text_weight=0.5 if text_weight is None else text_weight,
        image_weight=0.5 if image_weight is None else image_weight,
        excluded_weight=excluded_weight,
        filters=filters_of(
            folder=folder,
            label=label,
            format=format,
            orientation=orientation,
            taken=taken,
            modified=modified,
            width=width,
            height=height,
        ),
    )
    added_up = text_weight is not None or image_weight is not None
    if mode is not None or target or caption or (not added_up and _asks_for_change(query)):
        wanted = read_target(target, desired, preserve, forbidden, paraphrase)
        query = composed_query(query, mode, caption, wanted, weights, balance)
    settings = words_settings(captioner, composer, phrases, blip)
    with Gallery.open(
        gallery_folder(gallery),
        model=model,
        create=False,
        precision=precision,
        device=device,
        threads=threads,
        max_megapixels=max_megapixels,
    ) as opened:
        began = time.perf_counter()
        found = opened.find(
            query, k, offset=offset, min_score=min_score, prompt=prompt, words=settings
        )
        elapsed_ms = (time.perf_counter() - began) * 1000
        _note_missing_vectors(opened)
        is_empty = len(opened) == 0
    hits, composition = found.hits, found.composition
    if composition is not None:
        note_fallbacks(composition)
        if explain:
            pushed = _pushed(excluded or [], excluded_image or [], excluded_weight)
            explain_composition(composition, (image or [""])[0], pushed, as_json=as_json)
    if not hits:
        _say_nothing_found(is_empty, found.considered)
        raise typer.Exit(Exit.NOTHING_FOUND)
    # The sheet comes first: whoever reads the lines may stop reading, as `head` does.
    if page is not None:
        _write_sheet(page, hits, query, max_megapixels)
    _print_hits(hits, as_json=as_json, paths_only=paths_only or print0, print0=print0)
    if is_watched() and not as_json and not paths_only:
        complain(
            f"{counted(len(hits), 'result')} in {elapsed_ms:.0f} ms, the model's start included"
        )


def _pushed(texts: Sequence[str], images: Sequence[str], weight: float) -> list[str]:
    """Return the options that say what results should not be like, as words of a command."""
    named = [word for text in texts for word in ("--not", text)]
    named += [word for name in images for word in ("--not-image", str(absolute(name)))]
    return [*named, "--excluded-weight", f"{weight:g}"] if named else []


def _asks_for_change(query: Query) -> bool:
    """Return whether words beside a picture say what is to be different in it."""
    return len(query.images) == 1 and bool(query.texts)


def _sheet_file(name: str | None) -> Path | None:
    if name is None:
        return None
    from sightline.cli.sheet import check_sheet

    target = named_path(name)
    check_sheet(target)
    return target


def _check_standard_input(names: Sequence[str]) -> None:
    """Refuse to read one stream twice: the second picture would be empty."""
    if names.count("-") > 1:
        what = "the number of pictures from standard input"
        raise InvalidValueError(what, names.count("-"), "one; give the others as files")


def _examples(names: Sequence[str], region: str | None) -> list[ImageSource]:
    from sightline.types import Cropped
    from sightline.types.parsing import read_region

    pictures = [_picture(name) for name in names]
    if region is None:
        return list(pictures)
    if len(pictures) != 1:
        raise InvalidValueError("--region", region, "given with one --image")
    return [Cropped(pictures[0], read_region(region))]


def _picture(name: str) -> PictureSource:
    if name == "-":
        return _read_standard_input()
    path = absolute(name)
    if not os.path.exists(path):
        raise SourceNotFoundError(name)
    return path


def _read_standard_input() -> bytes:
    if sys.stdin is None:
        raise ImageUnreadableError("standard input", "it is closed")
    try:
        data = sys.stdin.buffer.read()
    except OSError as error:
        raise ImageUnreadableError("standard input", error.strerror or str(error)) from error
    if not data:
        raise ImageUnreadableError("standard input", "it is empty")
    return data


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
        "labels": list(hit.image.labels),
    }


def _write_sheet(target: Path, hits: Sequence[Hit], query: Query, max_megapixels: float) -> None:
    from sightline.cli.sheet import write_sheet

    write_sheet(target, hits, query, max_megapixels)
    complain(f"contact sheet: {target}")
