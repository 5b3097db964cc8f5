"""A model's folder, and how a file of it is read: what is wrong with one is said, not guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.encoders.digests import digest_of_files
from sightline.errors import ModelFilesError

_LFS_START = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """Where a model lies, and what to tell someone when it is broken."""

    path: Path
    remedy: str = "download or copy the whole folder again"

    def error(self, problem: str, remedy: str | None = None) -> ModelFilesError:
        """Return the error to raise for a problem, such as "config.json is empty"."""
        return ModelFilesError(self.path, problem, remedy or self.remedy)

    def has(self, name: str) -> bool:
        """Whether there is something called ``name``, even if it is broken."""
        path = self.path / name
        return path.exists() or path.is_symlink()  # a cache whose content was deleted leaves links

    def check_content(self, name: str, least_bytes: int = 1) -> None:
        """Check that a file can be read and is whole as far as its size tells.

        Raises:
            ModelFilesError: it is missing, empty, too short, or a pointer in place of content.
        """
        path = self.path / name
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                start = file.read(len(_LFS_START))
        except FileNotFoundError as error:
            raise self.error(f"{name} is missing") from error
        except OSError as error:
            raise self.error(f"{name} cannot be read ({error.strerror})") from error
        if size == 0:
            raise self.error(f"{name} is empty")
        if start == _LFS_START:
            raise self.error(
                f"{name} is a git-lfs pointer, not the file itself",
                "run `git lfs pull` in the folder",
            )
        if size < least_bytes:
            raise self.error(f"{name} has {size:,} of {least_bytes:,} bytes")

    def digest_of(self, weights: Sequence[Path]) -> str:
        """Return one SHA-256 (hex) over files of weights; see ``digest_of_files``.

        Raises:
            ModelFilesError: one cannot be read.
        """
        try:
            return digest_of_files(weights)
        except OSError as error:
            raise self.error(f"its weights cannot be read ({error.strerror})") from error

    def read_text(self, name: str) -> str:
        """Return the text of a file in UTF-8.

        Raises:
            ModelFilesError: see ``check_content``; or it is not text.
        """
        self.check_content(name)
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except OSError as error:
            raise self.error(f"{name} cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise self.error(f"{name} is not text") from error

    def read_json(self, name: str) -> Mapping[str, Any]:
        """Return the JSON object in a file.

        Raises:
            ModelFilesError: see ``read_text``; or it is not a JSON object.
        """
        text = self.read_text(name)
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self.error(f"{name} is not valid JSON") from error
        if not isinstance(content, dict):
            raise self.error(f"{name} is not a JSON object")
        return content
