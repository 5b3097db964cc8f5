"""`sightline remove`: take pictures out of a gallery; the files themselves stay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.console import complain
from sightline.cli.exits import Exit
from sightline.cli.options import GalleryOption, gallery_folder


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
    from sightline.errors import InvalidValueError
    from sightline.gallery import Gallery

    with Gallery.open(gallery_folder(gallery), create=False) as opened:
        if ids:
            wrong = next((word for word in what if not word.isdecimal()), None)
            if wrong is not None:
                raise InvalidValueError("an id", wrong, "a whole number, as a search prints it")
            removed = opened.remove(ids=[int(word) for word in what])
        else:
            removed = opened.remove(paths=[Path(word) for word in what])
    complain(f"{removed:,} pictures taken out of the gallery")
    if not removed:
        raise typer.Exit(Exit.NOTHING_FOUND)
