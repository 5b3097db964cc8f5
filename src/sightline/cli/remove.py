"""`sightline remove`: take pictures out of a gallery; the files themselves stay."""

from __future__ import annotations

from typing import Annotated

import typer

from sightline.cli.console import complain, counted
from sightline.cli.exits import Exit
from sightline.cli.options import GalleryOption, gallery_folder
from sightline.errors import InvalidValueError
from sightline.system.paths import absolute

_LARGEST_ID = 2**63 - 1


def remove(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="WHAT", help="Picture files or folders; with --ids, ids from a search."
        ),
    ],
    gallery: GalleryOption = None,
    ids: Annotated[bool, typer.Option("--ids", help="The arguments are ids.")] = False,
) -> None:
    """Take pictures out of a gallery. The files themselves are never touched.

    A picture that still lies in an indexed folder comes back when that folder is indexed again; a
    folder that is removed is forgotten.
    """
    from sightline.gallery import Gallery

    numbers = [_id_of(word) for word in what] if ids else []
    paths = [] if ids else [absolute(word) for word in what]
    with Gallery.open(gallery_folder(gallery), create=False) as opened:
        before = opened.folders
        removed = opened.remove(ids=numbers, paths=paths)
        forgotten = len(before) - len(opened.folders)
    folders = f", {counted(forgotten, 'folder')} forgotten" if forgotten else ""
    complain(f"{counted(removed, 'picture')} taken out of the gallery{folders}")
    if not removed and not forgotten:
        raise typer.Exit(Exit.NOTHING_FOUND)


def _id_of(word: str) -> int:
    # The length comes first: Python itself refuses to read a number of some thousand digits.
    if word.isdecimal() and len(word) <= len(str(_LARGEST_ID)) and int(word) <= _LARGEST_ID:
        return int(word)
    raise InvalidValueError("an id", word, "a whole number, as a search prints it")
