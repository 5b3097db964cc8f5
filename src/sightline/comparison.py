"""What is on disk against what the catalog knows: which files need work, which have vanished."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.catalog import KnownFault, KnownFile
from sightline.errors import SourceNotFoundError
from sightline.images import FoundFile, find
from sightline.types import Skipped

_TOLD_EVERY = 1000


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a sync has to do.

    Attributes:
        work: Files that are new or may have changed, with what is known of their path.
        unchanged: How many files need nothing.
        skipped: What could not be entered, and files that are known to be unreadable.
        vanished: Pictures under the roots whose files are gone.
        gone_faults: Unreadable files under the roots that are gone.
    """

    work: Sequence[tuple[FoundFile, KnownFile | None]]
    unchanged: int
    skipped: Sequence[Skipped]
    vanished: dict[Path, KnownFile]
    gone_faults: Sequence[Path]


def roots_of(paths: Iterable[str | Path]) -> list[Path]:
    """Return what paths and globs name, absolute, each once.

    Raises:
        SourceNotFoundError: a path is not there, or a glob matches nothing.
    """
    roots: dict[Path, None] = {}
    for name in paths:
        path = Path(name).expanduser()
        if path.exists():
            matches = [str(path)]
        else:
            matches = sorted(glob.glob(str(path), recursive=True))
        if not matches:
            raise SourceNotFoundError(path)
        roots |= {Path(os.path.abspath(match)): None for match in matches}
    return list(roots)


def compare(
    roots: Sequence[Path],
    known: dict[Path, KnownFile],
    faults: dict[Path, KnownFault],
    *,
    exclude: Collection[Path] = (),
    retry: bool = False,
    tell: Callable[[int], None] = lambda found: None,
) -> Comparison:
    """Return what has to be done so that the catalog agrees with the files under some roots.

    Args:
        roots: Absolute files and folders; one that is gone counts as empty.
        known: Every picture of the catalog, with ``has_vector`` for the model in use.
        faults: Every file that the catalog knows to be unreadable.
        exclude: Folders not to enter.
        retry: Whether unreadable files that have not changed are tried again.
        tell: Called now and then with how many files were found.
    """
    work: list[tuple[FoundFile, KnownFile | None]] = []
    skipped: list[Skipped] = []
    found: set[Path] = set()
    closed: list[Path] = []
    unchanged = 0
    for item in find([root for root in roots if root.exists()], exclude=exclude):
        if isinstance(item, Skipped):
            skipped.append(item)
            closed.append(item.path)
            continue
        found.add(item.path)
        if len(found) % _TOLD_EVERY == 0:
            tell(len(found))
        before, fault = known.get(item.path), faults.get(item.path)
        if before is not None and before.has_vector and _same_stamp(item, before):
            unchanged += 1
        elif fault is not None and _same_stamp(item, fault) and not retry:
            skipped.append(Skipped(item.path, fault.reason))
        else:
            work.append((item, before))
    is_ours = is_under(roots)
    # What lies in a folder that could not be opened has not vanished: it cannot be seen.
    is_hidden = is_under(closed)

    def gone(paths: Iterable[Path]) -> list[Path]:
        return [p for p in paths if p not in found and is_ours(p) and not is_hidden(p)]

    vanished = {path: known[path] for path in gone(known)}
    return Comparison(work, unchanged, skipped, vanished, gone(faults))


def _same_stamp(file: FoundFile, before: KnownFile | KnownFault) -> bool:
    return (file.size_bytes, file.mtime_ns) == (before.size_bytes, before.mtime_ns)


def is_under(roots: Sequence[Path]) -> Callable[[Path], bool]:
    """Return a test for absolute paths: are they one of the roots, or below one?"""
    exact = {str(root) for root in roots}
    prefixes = tuple(os.path.join(root, "") for root in exact)

    def test(path: Path) -> bool:
        text = str(path)
        return text in exact or text.startswith(prefixes)

    return test
