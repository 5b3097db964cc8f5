"""What `sightline search` may be asked: its options, under the names that HTTP has for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.options import JsonOption, named_path
from sightline.errors import ImageUnreadableError, InvalidValueError, SourceNotFoundError
from sightline.system.paths import absolute

if TYPE_CHECKING:
    from sightline.types import Filters, ImageSource, PictureSource, Query


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for, and what to keep away from."""

    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORDS", help="What the pictures should show.", show_default=False),
    ] = None
    images: Annotated[
        list[str] | None,
        typer.Option(
            "--image",
            "-i",
            metavar="FILE",
            help="A picture to search by; - reads one from standard input.",
        ),
    ] = None
    excluded_texts: Annotated[
        list[str] | None,
        typer.Option("--not", metavar="WORDS", help="Words for what they should not show."),
    ] = None
    excluded_images: Annotated[
        list[str] | None,
        typer.Option(
            "--not-image",
            metavar="FILE",
            help="A picture they should not be like; - reads one from standard input.",
        ),
    ] = None
    region: Annotated[
        str | None,
        typer.Option(
            metavar="L,T,R,B",
            help="Search by this part of --image: left, top, right, bottom as fractions.",
            show_default=False,
        ),
    ] = None

    @property
    def text(self) -> str:
        """The words as one text."""
        return " ".join(self.words or [])

    def query(self, added_up: AddedUp, filters: Filters) -> Query:
        """Return the query.

        Raises:
            SourceNotFoundError: a picture is not there.
            ImageUnreadableError: standard input holds none.
            InvalidValueError: the region or a weight makes no sense.
            EmptyQueryError: there is neither a text nor a picture to look for.
        """
        from sightline.types import Query

        self._check_standard_input()
        return Query(
            texts=[self.text] if self.words else [],
            images=self._examples(),
            excluded_texts=self.excluded_texts or [],
            excluded_images=[_picture(name) for name in self.excluded_images or []],
            text_weight=0.5 if added_up.text_weight is None else added_up.text_weight,
            image_weight=0.5 if added_up.image_weight is None else added_up.image_weight,
            excluded_weight=added_up.excluded_weight,
            filters=filters,
        )

    def _check_standard_input(self) -> None:
        """Refuse to read one stream twice: the second picture would be empty."""
        count = [*(self.images or []), *(self.excluded_images or [])].count("-")
        if count > 1:
            what = "the number of pictures from standard input"
            raise InvalidValueError(what, count, "one; give the others as files")

    def _examples(self) -> Sequence[ImageSource]:
        from sightline.types import Cropped, Region

        pictures = [_picture(name) for name in self.images or []]
        if self.region is None:
            return pictures
        if len(pictures) != 1:
            raise InvalidValueError("--region", self.region, "given with one --image")
        return [Cropped(pictures[0], Region.read(self.region))]

    def pushed_away(self, weight: float) -> list[str]:
        """Return the options that say what results should not be like, as words of a command."""
        named = [word for text in self.excluded_texts or [] for word in ("--not", text)]
        for name in self.excluded_images or []:
            named += ["--not-image", str(absolute(name))]
        return [*named, "--excluded-weight", f"{weight:g}"] if named else []


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of the ranked answers."""

    k: Annotated[int, typer.Option("-k", "--count", help="How many results.", min=1)] = 20
    offset: Annotated[int, typer.Option(help="Leave out so many of the best.", min=0)] = 0
    min_score: Annotated[
        float | None,
        typer.Option(help="Leave out what scores lower, a cosine.", show_default=False),
    ] = None


@dataclass(frozen=True, slots=True)
class AddedUp:
    """How the parts of a query are added up, and the sentence that words are put into."""

    text_weight: Annotated[
        float | None,
        typer.Option(help="Of the words beside pictures, added up.  [default: 0.5]"),
    ] = None
    image_weight: Annotated[
        float | None,
        typer.Option(help="Of the pictures beside words, added up.  [default: 0.5]"),
    ] = None
    excluded_weight: Annotated[float, typer.Option(help="Of what is excluded.")] = 0.5
    prompt: Annotated[
        str | None,
        typer.Option(
            help="The sentence that words are put into, with {query} where they go. "
            "Default: the model's own.",
            envvar="SIGHTLINE_PROMPT",
            show_default=False,
        ),
    ] = None

    @property
    def is_asked_for(self) -> bool:
        """Whether words and pictures are to be added up, and not composed."""
        return self.text_weight is not None or self.image_weight is not None


@dataclass(frozen=True, slots=True)
class Output:
    """How results are told."""

    as_json: JsonOption = False
    paths_only: Annotated[
        bool, typer.Option("--paths-only", "-p", help="Print paths and nothing else.")
    ] = False
    print0: Annotated[
        bool, typer.Option("--print0", "-0", help="End each path with NUL, for `xargs -0`.")
    ] = False
    sheet: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write a contact sheet of the results there."),
    ] = None

    def sheet_file(self) -> Path | None:
        """Return where a contact sheet goes, or None.

        Raises:
            InvalidValueError: the file cannot become one.
        """
        if self.sheet is None:
            return None
        from sightline.cli.sheet import check_sheet

        target = named_path(self.sheet)
        check_sheet(target)
        return target


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
