"""A collection of drawn scenes on disk.

::

    FOLDER/
      collection.json         how it was drawn
      scenes.jsonl            what each picture shows, one object a line
      edits.jsonl             instructions and what fulfils them, one object a line
      pictures/000/scene-00000.jpg ...

A picture depends on the seed, its number and its size in pixels only, so a larger collection begins
with the pictures of a smaller one. Pictures that are there already are kept, so a run that was
stopped can be run again. The two files of truth are written when every picture is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sightline.errors import (
    InvalidValueError,
    NotReadableError,
    NotWritableError,
    SourceNotFoundError,
)
from sightline.system.files import write_whole
from sightline_scenes.captions import Detail, caption
from sightline_scenes.claims import Claims
from sightline_scenes.dice import Dice
from sightline_scenes.edits import EditCase, edit_cases
from sightline_scenes.files import storage_errors
from sightline_scenes.plan import PlannedPicture, plan_collection
from sightline_scenes.truth import Picture, edit_line, picture_line, read_edits, read_pictures
from sightline_scenes.workers import Job, draw_jobs

_FORMAT = 1
_SHARD = 1000
_EDGE_PX = (16, 16_384)
_HEADER = "collection.json"
_SCENES = "scenes.jsonl"
_EDITS = "edits.jsonl"
_PICTURES = "pictures"
_DETAILS = (Detail.FULL, Detail.SHORT, Detail.TERSE)
_LEFT_OVER_S = 3600


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection that was read back.

    Attributes:
        folder: Where it is.
        pictures: In the order in which they were planned; the numbers in ``edits`` are places here.
        edits: Composed queries with their ground truth.
    """

    folder: Path
    pictures: tuple[Picture, ...]
    edits: tuple[EditCase, ...]

    def relevant(self, claims: Claims) -> list[int]:
        """Return the numbers of the pictures of which a text is true, ascending."""
        return [i for i, picture in enumerate(self.pictures) if claims.hold_in(picture.scene)]

    def path(self, number: int) -> Path:
        """Return where a picture is."""
        return self.folder / self.pictures[number].file


@dataclass(frozen=True, slots=True)
class _Recipe:
    """What the files of a collection depend on."""

    count: int
    seed: int
    width_px: int
    height_px: int
    drawing: str
    format: int = _FORMAT


def write_collection(
    folder: Path,
    *,
    count: int,
    seed: int,
    width_px: int = 640,
    height_px: int = 480,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draw a collection, or what is missing of it, and return its folder.

    Args:
        folder: New, empty, or a collection; one drawn otherwise is drawn anew.
        count: Pictures. Those that a larger collection had beyond are deleted.
        seed: Another seed gives another collection.
        width_px: Of every picture.
        height_px: Likewise.
        workers: Processes; None for as many as there are cores.
        progress: Called with the pictures that are there, and ``count``.

    Raises:
        InvalidValueError: a number is out of range, or the folder holds something else.
        DiskFullError: there is no room; what is there stays, and the next run goes on.
        NotWritableError: the folder cannot be written, or another run draws something else there.
    """
    _check_numbers(count, width_px, height_px, workers)
    recipe = _Recipe(count, seed, width_px, height_px, _drawing_digest())
    report = progress or (lambda done, total: None)
    with storage_errors(folder):
        _make_ready(folder, recipe)
        missing = [n for n in range(count) if not _is_whole(folder / _file(n))]
    report(count - len(missing), count)
    if missing or not all((folder / name).exists() for name in (_SCENES, _EDITS)):
        planned = plan_collection(count, seed)
        _draw_missing(folder, recipe, planned, missing, workers, report)
        with storage_errors(folder):
            _write_truth(folder, recipe, planned)
    with storage_errors(folder):
        _tidy(folder, count)
    return folder


def read_collection(folder: Path) -> Collection:
    """Return what the pictures of a collection show. The pictures are not opened.

    Raises:
        SourceNotFoundError: the folder holds no complete collection.
        NotReadableError: a file of truth cannot be read.
        TruthUnreadableError: a line of one is damaged.
    """
    for name in (_SCENES, _EDITS):
        if not (folder / name).is_file():
            raise SourceNotFoundError(folder / name)
    try:
        pictures = read_pictures(folder / _SCENES)
        edits = read_edits(folder / _EDITS, [picture.file for picture in pictures])
    except OSError as error:
        raise NotReadableError(folder, error.strerror or str(error)) from error
    return Collection(folder, pictures, edits)


def _check_numbers(count: int, width_px: int, height_px: int, workers: int | None) -> None:
    if count < 1:
        raise InvalidValueError("count", count, "at least 1")
    low, high = _EDGE_PX
    for name, value in (("width_px", width_px), ("height_px", height_px)):
        if not low <= value <= high:
            raise InvalidValueError(name, value, f"from {low} to {high}")
    if workers is not None and workers < 1:
        raise InvalidValueError("workers", workers, "at least 1")


def _file(number: int) -> str:
    return f"{_PICTURES}/{number // _SHARD:03d}/scene-{number:05d}.jpg"


def _is_whole(path: Path) -> bool:
    # A power cut can leave a file with its name and half its content.
    try:
        with path.open("rb") as file:
            file.seek(-2, os.SEEK_END)
            return file.read() == b"\xff\xd9"
    except OSError:
        return False


def _drawing_digest() -> str:
    """Return what tells drawings of this version of the code from those of another."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


# Getting ready and tidying up ----------------------------------------------------------------


def _make_ready(folder: Path, recipe: _Recipe) -> None:
    """Keep what this recipe would draw, and nothing else that a recipe drew."""
    folder.mkdir(parents=True, exist_ok=True)
    before = _read_recipe(folder)
    if before is None and any(not path.name.startswith(".") for path in folder.iterdir()):
        allowed = "new, empty, or a collection of scenes drawn before"
        raise InvalidValueError("folder", str(folder), allowed)
    if before == asdict(recipe):
        return
    # The truth goes first: it must never speak of pictures that are no longer there.
    for name in (_EDITS, _SCENES):
        (folder / name).unlink(missing_ok=True)
    if before is None or before | {"count": 0} != asdict(replace(recipe, count=0)):
        for path in folder.glob(f"{_PICTURES}/[0-9]*/scene-[0-9]*.jpg"):
            path.unlink(missing_ok=True)
    write_whole(folder / _HEADER, json.dumps(asdict(recipe)).encode(), lasting=True)


def _read_recipe(folder: Path) -> dict[str, object] | None:
    """Return how a collection was drawn; empty where that is damaged, None where there is none.

    Another program's file of that name is none, so that nothing beside it is ever deleted.
    """
    try:
        content = json.loads((folder / _HEADER).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    ours = isinstance(content, dict) and {"format", "drawing"} <= content.keys()
    return content if ours else None


def _tidy(folder: Path, count: int) -> None:
    """Delete pictures beyond the last, and what killed runs left over."""
    for path in folder.glob(f"{_PICTURES}/[0-9]*/scene-[0-9]*.jpg"):
        number = path.stem.removeprefix("scene-")
        if number.isdigit() and int(number) >= count:
            path.unlink(missing_ok=True)
    for path in folder.rglob("*.unfinished"):
        with suppress(FileNotFoundError):  # Its writer, if it lives, has just renamed it.
            if time.time() - path.stat().st_mtime > _LEFT_OVER_S:
                path.unlink()


# Drawing and writing -------------------------------------------------------------------------


def _draw_missing(
    folder: Path,
    recipe: _Recipe,
    planned: Sequence[PlannedPicture],
    missing: Sequence[int],
    workers: int | None,
    report: Callable[[int, int], None],
) -> None:
    jobs = [
        Job(
            folder / _file(number),
            planned[number].scene,
            _picture_seed(recipe, number),
            recipe.width_px,
            recipe.height_px,
        )
        for number in missing
    ]
    with storage_errors(folder):
        for shard in {job.path.parent for job in jobs}:
            shard.mkdir(parents=True, exist_ok=True)
    done = recipe.count - len(missing)
    with closing(draw_jobs(jobs, workers)) as drawing:
        for more in drawing:
            _check_still_ours(folder, recipe)
            done += more
            report(done, recipe.count)


def _picture_seed(recipe: _Recipe, number: int) -> str:
    return f"{recipe.seed}:{number}"


def _check_still_ours(folder: Path, recipe: _Recipe) -> None:
    # Two runs of one recipe write the same bytes and do no harm; of two recipes, the later wins.
    with storage_errors(folder):
        if _read_recipe(folder) != asdict(recipe):
            raise NotWritableError(folder, "another run is drawing another collection there")


def _write_truth(folder: Path, recipe: _Recipe, planned: Sequence[PlannedPicture]) -> None:
    pictures = [_picture(recipe, number, p) for number, p in enumerate(planned)]
    asked = {number: p.edits for number, p in enumerate(planned) if p.edits}
    files = [picture.file for picture in pictures]
    cases = edit_cases([p.scene for p in planned], asked)
    _write_lines(folder / _SCENES, [picture_line(picture) for picture in pictures])
    _write_lines(folder / _EDITS, [edit_line(case, files) for case in cases])


def _picture(recipe: _Recipe, number: int, planned: PlannedPicture) -> Picture:
    scene = planned.scene
    captions = {
        detail.value: caption(scene, Dice("caption", recipe.seed, number, detail), detail).text
        for detail in _DETAILS
    }
    return Picture(
        _file(number),
        _picture_seed(recipe, number),
        scene,
        captions,
        recipe.width_px,
        recipe.height_px,
    )


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    write_whole(path, "".join(f"{line}\n" for line in lines).encode(), lasting=True)
