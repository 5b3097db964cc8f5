"""What is on disk against what the catalog knows: which files need work, which have vanished."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.images import Source, find, sources_of
from sightline.system.paths import absolute
from sightline.types import Fault, FoundFile, KnownFile, Skipped

_TOLD_EVERY = 1000


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a sync has to do.

    Attributes:
        work: Files that are new or may have changed, with what is known of their path.
        unchanged: How many files need nothing.
        skipped: Files that are known to be unreadable.
        closed: What could not be entered or named.
        vanished: Pictures under the roots whose files are gone.
        gone_faults: Unreadable files under the roots that are gone.
    """

    work: Sequence[tuple[FoundFile, KnownFile | None]]
    unchanged: int
    skipped: Sequence[Skipped]
    closed: Sequence[Skipped]
    vanished: Mapping[Path, KnownFile]
    gone_faults: Sequence[Path]


def named_sources(paths: str | Path | Iterable[str | Path]) -> list[Source]:
    """Return what paths and patterns name.

    Raises:
        SourceNotFoundError: a path is not there, or a pattern matches no folder and no picture.
        InvalidValueError: a path is empty.
    """
    named = as_paths(paths)
    for path in named:
        absolute(path)  # refuses an empty one
    return sources_of(named)


def roots_of(paths: str | Path | Iterable[str | Path]) -> list[Path]:
    """Return what ``named_sources`` finds is to be remembered, absolute, each once."""
    return list(dict.fromkeys(source.root for source in named_sources(paths)))


def as_paths(paths: str | Path | Iterable[str | Path]) -> list[str | Path]:
    """Return a list of paths; one alone counts as a list of one."""
    return [paths] if isinstance(paths, str | Path) else list(paths)


def compare(
    sources: Sequence[Source],
    known: Mapping[Path, KnownFile],
    faults: Mapping[Path, Fault],
    *,
    exclude: Collection[Path] = (),
    retry: bool = False,
    tell: Callable[[int], None] = lambda found: None,
) -> Comparison:
    """Return what has to be done so that the catalog agrees with the files of some sources.

    Args:
        sources: Files and folders; one that is gone counts as empty.
        known: Every picture of the catalog, with ``has_vector`` for the model in use.
        faults: Every file that the catalog knows to be unreadable.
        exclude: Folders not to enter.
        retry: Whether unreadable files that have not changed are tried again.
        tell: Called now and then with how many files were found.
    """
    work: list[tuple[FoundFile, KnownFile | None]] = []
    skipped: list[Skipped] = []
    closed: list[Skipped] = []
    found: set[Path] = set()
    unchanged = 0
    there = [source for source in sources if os.path.exists(source.path)]
    for item in find(there, exclude=exclude):
        if isinstance(item, Skipped):
            closed.append(item)
            continue
        found.add(item.path)
        if len(found) % _TOLD_EVERY == 0:
            tell(len(found))
        before, fault = known.get(item.path), faults.get(item.path)
        if before is not None and before.has_vector and item.stamp == before.stamp:
            unchanged += 1
        elif fault is not None and item.stamp == fault.stamp and not retry:
            skipped.append(Skipped(item.path, fault.reason))
        else:
            work.append((item, before))
    is_ours = is_under(source.root for source in sources)
    # What lies in a folder that could not be opened has not vanished: it cannot be seen.
    is_hidden = is_under([item.path for item in closed])

    def gone(paths: Iterable[Path]) -> list[Path]:
        candidates = [p for p in paths if p not in found and is_ours(p) and not is_hidden(p)]
        # A file may be there and yet not be found, as when another root leads to its folder too.
        return [path for path in candidates if not os.path.isfile(path)]

    vanished = {path: known[path] for path in gone(known)}
    return Comparison(work, unchanged, skipped, closed, vanished, gone(faults))


def is_under(roots: Iterable[Path]) -> Callable[[Path], bool]:
    """Return a test for absolute paths: are they one of the roots, or below one?"""
    exact = {str(root) for root in roots}
    # A file has nothing below it; thousands of them would make every test slow.
    prefixes = tuple(os.path.join(root, "") for root in exact if not os.path.isfile(root))

    def test(path: Path) -> bool:
        text = str(path)
        return text in exact or text.startswith(prefixes)

    return test
