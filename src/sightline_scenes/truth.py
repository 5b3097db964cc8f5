"""What a collection's pictures show, as lines of JSON: written exactly, read strictly."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from sightline.errors import TruthUnreadableError
from sightline_scenes.changes import ChangeKind
from sightline_scenes.claims import Claims, SubjectClaim
from sightline_scenes.edits import EditCase
from sightline_scenes.kinds import Colour, Depth, Kind, Setting, Side, Size, Time, Weather
from sightline_scenes.world import Scene, Subject

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a collection, and the truth about it.

    Attributes:
        file: Relative to the collection's folder, with forward slashes.
        seed: What it was drawn with.
        scene: What it shows.
        captions: True texts of several lengths, by "full", "short" and "terse".
        width_px: Of the picture.
        height_px: Of the picture.
    """

    file: str
    seed: str
    scene: Scene
    captions: Mapping[str, str]
    width_px: int
    height_px: int


class _Wrong(Exception):
    """What is wrong with a line; becomes a TruthUnreadableError with its number."""


# Pictures ------------------------------------------------------------------------------------


def picture_line(picture: Picture) -> str:
    """Return a picture as one line of JSON."""
    scene = picture.scene
    description = {
        "setting": scene.setting,
        "time": scene.time,
        "weather": scene.weather,
        "subjects": [
            {"kind": s.kind, "colour": s.colour, "size": s.size, "side": s.side, "depth": s.depth}
            for s in scene.subjects
        ],
    }
    return json.dumps(
        {
            "file": picture.file,
            "seed": picture.seed,
            "description": description,
            "captions": dict(picture.captions),
            "width": picture.width_px,
            "height": picture.height_px,
        }
    )


def read_pictures(path: Path) -> tuple[Picture, ...]:
    """Return the pictures that a file of truth speaks of, in its order.

    Raises:
        TruthUnreadableError: a line is not what ``picture_line`` writes, or names a file twice.
        NotReadableError: the file cannot be read.
    """
    pictures = _read_lines(path, _picture)
    seen: set[str] = set()
    for number, picture in enumerate(pictures, 1):
        if picture.file in seen:
            raise TruthUnreadableError(path, number, f"{picture.file} was there before")
        seen.add(picture.file)
    return pictures


def _picture(fields: Mapping[str, Any]) -> Picture:
    captions = _field(fields, "captions", dict)
    if not all(isinstance(text, str) for text in captions.values()):
        raise _Wrong("a caption is not a text")
    return Picture(
        _file(_field(fields, "file", str)),
        _field(fields, "seed", str),
        _scene(_field(fields, "description", dict)),
        captions,
        _field(fields, "width", int),
        _field(fields, "height", int),
    )


def _file(name: str) -> str:
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name:
        raise _Wrong(f"{name!r} is not a file inside the collection")
    return name


def _scene(fields: Mapping[str, Any]) -> Scene:
    subjects = [_subject(_object(s)) for s in _field(fields, "subjects", list)]
    return Scene(
        _choice(fields, "setting", Setting),
        _choice(fields, "time", Time),
        _choice(fields, "weather", Weather),
        tuple(subjects),
    )


def _subject(fields: Mapping[str, Any]) -> Subject:
    return Subject(
        _choice(fields, "kind", Kind),
        _choice(fields, "colour", Colour),
        _choice(fields, "size", Size),
        _choice(fields, "side", Side),
        _choice(fields, "depth", Depth),
    )


# Edits ---------------------------------------------------------------------------------------


def edit_line(case: EditCase, files: Sequence[str]) -> str:
    """Return an edit as one line of JSON; ``files`` names the pictures by number."""
    target = {
        "settings": sorted(case.target.settings),
        "time": case.target.time,
        "weather": case.target.weather,
        "subjects": [
            {"kinds": sorted(claim.kinds), "colour": claim.colour} for claim in case.target.subjects
        ],
    }
    return json.dumps(
        {
            "reference": files[case.reference],
            "instruction": case.instruction,
            "kinds": list(case.kinds),
            "target": target,
            "fulfilled": [files[number] for number in case.fulfilled],
            "near_misses": [files[number] for number in case.near_misses],
        }
    )


def read_edits(path: Path, files: Sequence[str]) -> tuple[EditCase, ...]:
    """Return the edits of a collection; ``files`` gives its pictures their numbers.

    Raises:
        TruthUnreadableError: a line is not what ``edit_line`` writes, or names another picture.
        NotReadableError: the file cannot be read.
    """
    numbers = {file: number for number, file in enumerate(files)}
    return _read_lines(path, lambda fields: _edit(fields, numbers))


def _edit(fields: Mapping[str, Any], numbers: Mapping[str, int]) -> EditCase:
    target = _field(fields, "target", dict)
    claims = Claims(
        frozenset(_member(name, Setting) for name in _field(target, "settings", list)),
        _choice(target, "time", Time),
        _choice(target, "weather", Weather),
        subjects=tuple(_claim(_object(s)) for s in _field(target, "subjects", list)),
    )
    return EditCase(
        _number(_field(fields, "reference", str), numbers),
        _field(fields, "instruction", str),
        tuple(_member(name, ChangeKind) for name in _field(fields, "kinds", list)),
        claims,
        tuple(_number(file, numbers) for file in _field(fields, "fulfilled", list)),
        tuple(_number(file, numbers) for file in _field(fields, "near_misses", list)),
    )


def _claim(fields: Mapping[str, Any]) -> SubjectClaim:
    kinds = frozenset(_member(name, Kind) for name in _field(fields, "kinds", list))
    colour = fields.get("colour")
    return SubjectClaim(kinds, None if colour is None else _member(colour, Colour))


def _number(file: object, numbers: Mapping[str, int]) -> int:
    if not isinstance(file, str) or file not in numbers:
        raise _Wrong(f"{file!r} is not a picture of this collection")
    return numbers[file]


# Lines ---------------------------------------------------------------------------------------


def _read_lines(path: Path, parse: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    parsed = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            parsed.append(parse(_object(json.loads(line))))
        except (_Wrong, ValueError, RecursionError) as error:
            problem = str(error) if isinstance(error, _Wrong) else "it is not JSON"
            raise TruthUnreadableError(path, number, problem) from error
    return tuple(parsed)


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong("something is not an object")
    return value


def _field(fields: Mapping[str, Any], name: str, kind: type[T]) -> T:
    value = fields.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _Wrong(f"{name!r} is missing or is not of the right type")
    return value


def _choice(fields: Mapping[str, Any], name: str, choices: type[E]) -> E:
    return _member(_field(fields, name, str), choices)


def _member(value: object, choices: type[E]) -> E:
    known = {choice.value: choice for choice in choices}
    if not isinstance(value, str) or value not in known:
        raise _Wrong(f"{value!r} is not a known {choices.__name__.lower()}")
    return known[value]
