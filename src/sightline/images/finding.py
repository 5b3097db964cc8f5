"""Finding picture files: named ones, those in folders, and those that a pattern matches."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from sightline.errors import SourceNotFoundError
from sightline.images.formats import ENDINGS
from sightline.images.reading import reason_not_regular, reason_of_os_error
from sightline.types import FoundFile, Skipped

_SIDE_FOLDERS = frozenset(
    (
        "#recycle",
        "#snapshot",
        "$RECYCLE.BIN",
        "@eaDir",
        "System Volume Information",
        "__MACOSX",
        "lost+found",
    )
)
"""Folders in which systems keep thumbnails, deleted files and copies."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file or folder to find pictures in.

    Attributes:
        path: Absolute.
        root: What to look at again later: the path itself, or, where a pattern matched folders,
            the folder that all its matches lie below, so that the next match is found there.
        by_name: Whether it was named itself, not matched by a pattern.
    """

    path: Path
    root: Path
    by_name: bool = True

    @classmethod
    def named(cls, path: Path) -> Source:
        """Return a source that is what it is called."""
        return cls(path, path)


def find(
    paths: Iterable[Path | str | Source], *, exclude: Collection[Path] = ()
) -> Iterator[FoundFile | Skipped]:
    """Yield every picture file once, in an order that depends on nothing but names.

    Folders are searched with all that is below them, and links to folders are followed, each
    folder once; hidden files and folders (whose names begin with a dot) are left out there.
    Below folders and in patterns only files with a picture's ending count; a file that is named
    itself is yielded whatever its ending. Hard links to one file are different files, and a
    symbolic link to a file that is found anyway is not another one.

    What cannot be reached (a folder that may not be read, a link into nowhere, a name that is not
    UTF-8) is yielded as ``Skipped``, so that nothing is left out silently.

    Args:
        paths: Files, folders and patterns such as ``~/photos/**/*.jpg``; or what ``sources_of``
            made of them.
        exclude: Folders not to enter, such as the gallery's own.

    Raises:
        SourceNotFoundError: as ``sources_of``; raised by the call itself, before anything is
            yielded.
    """
    return _Search(exclude).run(sources_of(paths))


def sources_of(paths: Iterable[Path | str | Source]) -> list[Source]:
    """Return what paths and patterns name, in order.

    A pattern stands for the folders and the picture files that it matches, but for folders in
    which systems keep thumbnails and the like.

    Raises:
        SourceNotFoundError: a path is not there, or a pattern matches no folder and no picture.
    """
    found = ([path] if isinstance(path, Source) else _sources(path) for path in paths)
    return [source for some in found for source in some]


def _sources(path: Path | str) -> list[Source]:
    text = os.path.expanduser(os.fspath(path))
    try:
        missing = not text or not os.path.lexists(text)
    except ValueError as error:  # a zero byte
        raise SourceNotFoundError(path) from error
    if not missing:
        _refuse_vanished(text, path)
        return [Source.named(Path(os.path.abspath(text)))]
    matches = sorted(glob.iglob(text, recursive=True)) if glob.has_magic(text) else []
    wanted = [match for match in matches if not _is_side_name(os.path.basename(match))]
    folders = {match for match in wanted if os.path.isdir(match)}
    wanted = [match for match in wanted if match in folders or has_picture_ending(match)]
    if not wanted:
        raise SourceNotFoundError(path)
    places = [Path(os.path.abspath(match)) for match in wanted]
    top = _fixed_part(text) if folders else None
    return [Source(place, top or place, by_name=False) for place in places]


def _fixed_part(pattern: str) -> Path:
    """Return the folder that whatever a pattern matches lies below."""
    parts = Path(os.path.abspath(pattern)).parts
    fixed = takewhile(lambda part: not glob.has_magic(part), parts)
    return Path(*fixed)


def _refuse_vanished(text: str, path: Path | str) -> None:
    try:
        os.stat(text)
    except FileNotFoundError as error:
        raise SourceNotFoundError(path) from error
    except OSError:
        pass  # it is there and cannot be reached; the search says why


class _Search:
    """One walk, with what it has seen."""

    def __init__(self, exclude: Collection[Path]) -> None:
        self._seen_folders: set[tuple[int, int] | str] = set()
        self._seen_files: set[tuple[int, int] | str] = set()
        for folder in exclude:
            try:
                self._seen_folders.add(_identity(str(folder), os.stat(folder)))
            except OSError:
                continue  # not made yet, so there is nothing to leave out

    def run(self, sources: list[Source]) -> Iterator[FoundFile | Skipped]:
        for source in sources:
            yield from self._visit(str(source.path), by_name=source.by_name)

    def _visit(self, top: str, *, by_name: bool) -> Iterator[FoundFile | Skipped]:
        # A stack and not recursion: a chain of folders may be deeper than Python's call stack.
        stack: list[str | os.DirEntry[str]] = [top]
        while stack:
            item = stack.pop()
            path = item if isinstance(item, str) else item.path
            if not _is_utf8(path):
                yield Skipped(Path(path), "its name is not valid UTF-8; rename it")
                continue
            try:
                if _is_folder(item):
                    stack.extend(reversed(self._entries(path, item)))
                elif (by_name and item is top) or has_picture_ending(path):
                    yield from self._file(path, item)
            except OSError as error:
                yield Skipped(Path(path), _reason(path, error))

    def _entries(self, path: str, item: str | os.DirEntry[str]) -> list[os.DirEntry[str]]:
        identity = _identity(path, _stat(item))
        if identity in self._seen_folders:
            return []
        self._seen_folders.add(identity)
        with os.scandir(path) as entries:
            kept = [entry for entry in entries if _is_wanted(entry)]
        return sorted(kept, key=lambda entry: entry.name)

    def _file(self, path: str, item: str | os.DirEntry[str]) -> Iterator[FoundFile | Skipped]:
        facts = _stat(item)
        identity = _identity(path, facts)
        if identity in self._seen_files:
            return
        self._seen_files.add(identity)
        if stat.S_ISREG(facts.st_mode):
            yield FoundFile(Path(path), facts.st_size, facts.st_mtime_ns)
        else:
            yield Skipped(Path(path), reason_not_regular(facts.st_mode))


def _is_wanted(entry: os.DirEntry[str]) -> bool:
    """Say whether an entry is worth keeping: most files of a mixed folder go here, cheaply."""
    name = entry.name
    if _is_side_name(name):
        return False
    if has_picture_ending(name):
        return True
    try:
        return entry.is_dir()
    except OSError:
        return True  # kept, so that its fault is reported


def _is_side_name(name: str) -> bool:
    return name.startswith(".") or name in _SIDE_FOLDERS


def has_picture_ending(path: str) -> bool:
    """Return whether a file's name ends like a picture's, in whatever case."""
    return os.path.splitext(path)[1].lower() in ENDINGS


def _is_folder(item: str | os.DirEntry[str]) -> bool:
    return stat.S_ISDIR(os.stat(item).st_mode) if isinstance(item, str) else item.is_dir()


def _stat(item: str | os.DirEntry[str]) -> os.stat_result:
    # On Windows an entry's own stat has no inode number; asking again is right everywhere.
    return os.stat(item) if isinstance(item, str) or os.name == "nt" else item.stat()


def _identity(path: str, facts: os.stat_result) -> tuple[int, int] | str:
    """Return what two ways to one file or folder share.

    Hard links share their inode but are files of their own, so those go by their real path.
    """
    if facts.st_ino and (stat.S_ISDIR(facts.st_mode) or facts.st_nlink == 1):
        return facts.st_dev, facts.st_ino
    return os.path.realpath(path)


def _is_utf8(path: str) -> bool:
    if path.isascii():
        return True
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _reason(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and os.path.islink(path):
        return "it is a link to something that is not there"
    return reason_of_os_error(error)
