"""Compiled graphs, kept on disk: a process that starts anew does not compile them again.

Compiling a ViT-L/14 takes seconds; loading what was compiled takes a fraction of one. OpenVINO
writes and reads the compiled form by itself (its model cache). It keys it by the graph file's
path, not by content, so every tower gets a folder of its own here, named after the digest of its
weights: another model in the same place never meets the old one's.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.paths import cache_folder

# Smaller towers compile in less time than it takes to look for what was kept.
_KEEP_ABOVE_BYTES = 32 * 1024 * 1024
_HALF = "half.xml"


@dataclass(frozen=True, slots=True)
class CompiledPlace:
    """Where one tower's compiled form is kept.

    Attributes:
        folder: Its own; there is no need for it to exist.
    """

    folder: Path

    @property
    def blobs(self) -> Path:
        """Where OpenVINO puts what it compiled."""
        return self.folder / "compiled"

    def halved(self, source: Path, write: Callable[[Path], None]) -> Path:
        """Return a graph with weights in float16, made by ``write`` unless it is there.

        A tower that computes in bfloat16 keeps 8 of a weight's 24 bits, so that the 11 bits of a
        float16 lose nothing of it, and half as much has to be read at every start.

        Args:
            source: The graph as it was published; returned if there is no room for another.
            write: Writes the graph to a path that it is given.
        """
        ready = self.folder / "graph" / _HALF
        if ready.exists():
            return ready
        try:
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


def compiled_place(digest: str, weights_bytes: int) -> CompiledPlace | None:
    """Return where a tower's compiled form is kept, or None where it is not worth it.

    Args:
        digest: Of the tower's weights, SHA-256 (hex).
        weights_bytes: Their size.
    """
    if weights_bytes <= _KEEP_ABOVE_BYTES:
        return None
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


def usable(place: CompiledPlace) -> bool:
    """Return whether OpenVINO can keep its blobs there; made if it is missing."""
    try:
        if not place.blobs.exists():
            forget_other_engines()
        place.blobs.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(place.blobs, os.W_OK)


def properties(place: CompiledPlace) -> dict[str, Any]:
    """Return OpenVINO's compile properties for keeping and finding a tower there."""
    return {"CACHE_DIR": str(place.blobs)}
