"""Banks of phrases that a picture is compared with, built in or from a file of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from sightline.errors import InvalidValueError, NotReadableError, SourceNotFoundError

_SECTIONS = ("subjects", "colours", "places", "times", "weathers", "styles")
_FACETS = ("places", "times", "weathers", "styles")
# A photograph has more in it; but models that read few words would not read the end.
_MOST_OF_A_LIST = 3
_PHOTOGRAPHS = Path(__file__).with_name("photographs.txt")
_DRAWN_SCENES = Path(__file__).with_name("drawn_scenes.txt")


@dataclass(frozen=True, slots=True)
class Bank:
    """Phrases to say of a picture what is true of it.

    Attributes:
        name: For the sentence that says where a caption came from.
        subjects: What may be shown, with articles: "a dog".
        colours: Tried before the noun of each subject; none if the subjects hold them already.
        facets: Phrases of which a picture has one: where, when, in what weather, in which style.
        complete: Whether one phrase of every facet is true of every picture. Otherwise one is said
            only where it makes the caption fit better.
        most_subjects: How many things are named at most.
    """

    name: str
    subjects: tuple[str, ...]
    colours: tuple[str, ...] = ()
    facets: tuple[tuple[str, ...], ...] = ()
    complete: bool = False
    most_subjects: int = 4


def photographs() -> Bank:
    """Return the bank for photographs: things, colours, places, times, weathers and styles."""
    return read_bank(_PHOTOGRAPHS, name="photographs")


def drawn_scenes() -> Bank:
    """Return the bank for the pictures of `sightline scenes`: all that can be in one."""
    bank = read_bank(_DRAWN_SCENES, name="drawn scenes")
    return replace(bank, complete=True, most_subjects=4)


def read_bank(path: Path, *, name: str = "") -> Bank:
    """Return the bank in a text file: a phrase a line, under headings in square brackets.

    The headings are ``[subjects]``, ``[colours]``, ``[places]``, ``[times]``, ``[weathers]`` and
    ``[styles]``; lines before the first one are subjects. Empty lines, and lines that begin with
    ``#``, are passed over.

    Raises:
        SourceNotFoundError: the file is not there.
        NotReadableError: it cannot be read.
        InvalidValueError: it is not UTF-8, has an unknown heading, or no subject.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise SourceNotFoundError(path) from error
    except OSError as error:
        raise NotReadableError(path, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise InvalidValueError("the text of a list of phrases", str(path), "UTF-8") from error
    phrases = _sections(lines)
    if not phrases["subjects"]:
        raise InvalidValueError("a list of phrases", str(path), "one with at least one subject")
    return Bank(
        name or path.name,
        tuple(phrases["subjects"]),
        tuple(phrases["colours"]),
        tuple(tuple(phrases[facet]) for facet in _FACETS if phrases[facet]),
        most_subjects=_MOST_OF_A_LIST,
    )


def _sections(lines: Iterable[str]) -> dict[str, list[str]]:
    phrases: dict[str, list[str]] = {section: [] for section in _SECTIONS}
    section = "subjects"
    for line in (raw.strip() for raw in lines):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip().lower()
            if section not in phrases:
                allowed = ", ".join(f"[{known}]" for known in _SECTIONS)
                raise InvalidValueError("a heading", line, f"one of {allowed}")
        elif line and not line.startswith("#"):
            phrases[section].append(line)
    return phrases
