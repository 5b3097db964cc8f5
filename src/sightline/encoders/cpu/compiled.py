"""Compiled graphs, kept on disk: a process that starts anew does not compile them again.

Compiling a ViT-L/14 takes seconds; loading what was compiled takes a fraction of one. OpenVINO
writes and reads the compiled form by itself (its model cache). It keys it by the graph file's
path, not by content, so every tower gets a folder of its own here, named after the digest of its
weights: another model in the same place never meets the old one's.

OpenVINO writes a blob in place, maps the ones that it reads, and deletes those that look broken.
Two processes that compile at once would so pull the file from under each other. Each therefore
works in a folder of its own (``CompiledPlace.workroom``), and what it wrote is then moved whole.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from sightline.system.paths import cache_folder

# Smaller towers compile in less time than it takes to look for what was kept.
_KEEP_ABOVE_BYTES = 32 * 1024 * 1024
_HALF = "half.xml"
# One for each number of streams and each arithmetic, and each as large as the weights.
_MOST_BLOBS = 3
_BLOBS = "*.blob"
_LEFT_BEHIND_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class CompiledPlace:
    """Where one tower's compiled form is kept.

    Attributes:
        folder: Its own; there is no need for it to exist.
    """

    folder: Path

    @property
    def blobs(self) -> Path:
        """Where what was compiled is kept."""
        return self.folder / "compiled"

    @contextlib.contextmanager
    def workroom(self) -> Iterator[Path | None]:
        """Lend OpenVINO a folder with all that is kept; keep what it adds. None: do without one."""
        own = self._opened()
        if own is None:
            yield None
            return
        lent = _inodes(own)
        try:
            yield own
            self._take_in(
                own, {name for name, node in _inodes(own).items() if lent.get(name) != node}
            )
        finally:
            shutil.rmtree(own, ignore_errors=True)

    def forget(self) -> None:
        """Delete all that is kept, as it turned out to be broken."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def halved(self, source: Path, write: Callable[[Path], None]) -> Path:
        """Return a graph with weights in float16, made by ``write`` unless it is there.

        A tower that computes in bfloat16 keeps 8 of a weight's 24 bits, so that it makes next to no
        difference to pass through the 11 of a float16, and half as much is read at every start.

        Args:
            source: The graph as it was published; returned if there is no room for another.
            write: Writes the graph to a path that it is given.
        """
        ready = self.folder / "graph" / _HALF
        try:
            if ready.exists():
                return ready
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(dir=self.folder, prefix="graph."))
        except OSError:
            return source
        try:
            write(temporary / _HALF)
            os.replace(temporary, ready.parent)
        except (OSError, RuntimeError):  # a full disk, told by Python or by OpenVINO
            shutil.rmtree(temporary, ignore_errors=True)
            # Another process may have been quicker, which is as good.
            return ready if ready.exists() else source
        return ready

    def _opened(self) -> Path | None:
        try:
            if not self.blobs.exists():
                forget_other_engines()
            self.blobs.mkdir(parents=True, exist_ok=True)
            self._clear_leftovers()
            own = Path(tempfile.mkdtemp(dir=self.folder, prefix="run."))
        except OSError:
            return None
        for blob in self.blobs.glob(_BLOBS):
            with contextlib.suppress(OSError):
                os.link(blob, own / blob.name)
        return own

    def _take_in(self, own: Path, names: Collection[str]) -> None:
        # Another process may delete what this one was about to: nothing that anyone has to know.
        with contextlib.suppress(OSError):
            for name in names:
                os.replace(own / name, self.blobs / name)
            newest = sorted(self.blobs.glob(_BLOBS), key=os.path.getmtime, reverse=True)
            for blob in newest[_MOST_BLOBS:]:
                blob.unlink()

    def _clear_leftovers(self) -> None:
        """Delete what processes left behind that were killed."""
        for prefix in ("run.", "graph."):
            for folder in self.folder.glob(f"{prefix}*"):
                if time.time() - folder.stat().st_mtime > _LEFT_BEHIND_S:
                    shutil.rmtree(folder, ignore_errors=True)


def _inodes(folder: Path) -> dict[str, int]:
    """What tells whether a blob was written anew."""
    with contextlib.suppress(OSError):
        return {blob.name: blob.stat().st_ino for blob in folder.glob(_BLOBS)}
    return {}


def is_worth_keeping(weights_bytes: int) -> bool:
    """Return whether a tower with so many bytes of weights takes long to compile."""
    return weights_bytes > _KEEP_ABOVE_BYTES


def compiled_place(digest: str) -> CompiledPlace:
    """Return where a tower's compiled form is kept.

    Args:
        digest: Of the tower's weights, SHA-256 (hex).
    """
    return CompiledPlace(cache_folder() / "compiled" / _engine() / digest[:16])


def forget_other_engines() -> None:
    """Delete what other versions of OpenVINO compiled, which this one cannot read."""
    root = cache_folder() / "compiled"
    with contextlib.suppress(OSError):
        for folder in list(root.iterdir()):
            if folder.name != _engine():
                shutil.rmtree(folder, ignore_errors=True)


def _engine() -> str:
    from importlib.metadata import version

    return f"openvino-{version('openvino')}"
