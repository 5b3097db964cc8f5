"""`sightline caption`: what captioners say that pictures show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.composing import BlipOption, CaptionerOption, PhrasesOption, words_settings
from sightline.cli.console import complain, say
from sightline.cli.exits import Exit
from sightline.cli.options import (
    DeviceOption,
    GalleryOption,
    JsonOption,
    MegapixelsOption,
    ModelOption,
    ThreadsOption,
    gallery_folder,
)
from sightline.errors import ImageUnreadableError
from sightline.system.paths import absolute

if TYPE_CHECKING:
    from sightline.composed import Composing


def caption(
    files: Annotated[
        list[str], typer.Argument(metavar="FILES", help="Pictures.", show_default=False)
    ],
    captioner: CaptionerOption = None,
    phrases: PhrasesOption = None,
    blip: BlipOption = None,
    as_json: JsonOption = False,
    gallery: GalleryOption = None,
    model: ModelOption = None,
    device: DeviceOption = "cpu",
    threads: ThreadsOption = 0,
    max_megapixels: MegapixelsOption = 200.0,
) -> None:
    """Say in words what pictures show, as composed searches see them.

    The gallery lends its model and tells what is usual among its pictures; the pictures need not
    be in it. Every captioner that is named says its own, which is for comparing them.
    """
    from dataclasses import replace

    from sightline.gallery import Gallery

    settings = words_settings(captioner, None, phrases, blip)
    names = settings.captioners or ("tags",)
    failed = 0
    with Gallery.open(
        gallery_folder(gallery),
        model=model,
        create=False,
        device=device,
        threads=threads,
        max_megapixels=max_megapixels,
    ) as opened:
        asked = {name: opened.composing(replace(settings, captioners=(name,))) for name in names}
        for file in files:
            failed += not _say_all(absolute(file), asked, as_json=as_json)
    if failed == len(files):
        raise typer.Exit(Exit.BAD_INPUT)


def _say_all(file: Path, asked: dict[str, Composing], *, as_json: bool) -> bool:
    """Say what every captioner says of a file; return whether it could be read."""
    for name, composing in asked.items():
        try:
            said = composing.caption(file)
        except ImageUnreadableError as error:
            complain(f"skipped: {error}")
            return False
        for fallen in said.fell_back:
            complain(f"note: {said.captioner} is used, not {name}: {fallen.reason}")
        if said.captioner != name and len(asked) > 1:
            continue  # the other one says its own
        milliseconds = next(step.milliseconds for step in said.steps if step.name == "caption")
        if as_json:
            facts = {
                "path": str(file),
                "captioner": said.captioner,
                "caption": said.caption,
                "milliseconds": round(milliseconds, 1),
            }
            say(json.dumps(facts, ensure_ascii=False))
        else:
            say(f"{file}\t{said.captioner}\t{said.caption}")
    return True
