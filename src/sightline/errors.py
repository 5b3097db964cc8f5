"""Every error that Sightline raises, grouped by what the caller can do about it.

::

    SightlineError
    ├── InputError                 change what was asked
    │   ├── EmptyQueryError
    │   ├── CancelledQueryError
    │   ├── EmptyTextError
    │   ├── InvalidValueError
    │   ├── VectorShapeError
    │   ├── SourceNotFoundError
    │   ├── ImageUnreadableError
    │   └── TruthUnreadableError
    ├── ModelError                 change the model, or repair its files
    │   ├── ModelNotFoundError
    │   ├── ModelFilesError
    │   └── ModelLacksTextError
    ├── GalleryError               change the gallery, or how it is opened
    │   ├── GalleryNotFoundError
    │   ├── GalleryBusyError
    │   ├── GalleryVersionError
    │   ├── GalleryCorruptError
    │   ├── ModelMismatchError
    │   ├── FolderGoneError
    │   └── VanishedError
    ├── StorageError               make room, or change permissions
    │   ├── DiskFullError
    │   ├── NotReadableError
    │   └── NotWritableError
    └── MissingPackageError        install an extra

A constructor takes the facts; ``str()`` of the error is a sentence that names the cause and the
remedy. The facts go to ``Exception.__init__`` too, so that every error pickles. Errors of Pillow,
FAISS, SQLite, OpenVINO and the hub are translated where they are called.
"""

from __future__ import annotations

from pathlib import Path


class SightlineError(Exception):
    """Base of every error that Sightline raises on purpose."""


class InputError(SightlineError):
    """What was asked cannot be done; ask something else."""


class EmptyQueryError(InputError):
    """A query has neither words nor a picture."""

    def __str__(self) -> str:
        return "there is nothing to search for; give some words, or a picture with --image"


class CancelledQueryError(InputError):
    """What a query excludes is all that it looks for."""

    def __str__(self) -> str:
        return "what is looked for and what is excluded cancel out; exclude something else"


class EmptyTextError(InputError):
    """A text to embed is empty or only white space."""

    def __init__(self, position: int = 0) -> None:
        super().__init__(position)
        self.position = position

    def __str__(self) -> str:
        return f"text number {self.position + 1} is empty; give at least one word"


class InvalidValueError(InputError):
    """A value is outside what is allowed."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(name, value, allowed)
        self.name = name
        self.value = value
        self.allowed = allowed

    def __str__(self) -> str:
        return f"{self.name} is {self.value!r}, but it must be {self.allowed}"


class VectorShapeError(InputError):
    """An array of vectors has another shape or dtype than the index."""

    def __init__(self, got: str, expected: str) -> None:
        super().__init__(got, expected)
        self.got = got
        self.expected = expected

    def __str__(self) -> str:
        return f"vectors are {self.got}, but {self.expected} was expected"


class SourceNotFoundError(InputError):
    """A file or folder that was named is not there."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(str(path))
        self.path = Path(path)

    def __str__(self) -> str:
        return f"there is no file or folder {self.path}; check the spelling, or mount its drive"


class ImageUnreadableError(InputError):
    """A picture cannot be read. ``reason`` alone is what the catalog records.

    ``lasting`` tells whether it is the content's fault, so that there is no use in trying again
    before the file changes; a drive, a permission or a limit can be mended without touching it.
    """

    def __init__(self, name: str, reason: str, lasting: bool = True) -> None:
        super().__init__(name, reason, lasting)
        self.name = name
        self.reason = reason
        self.lasting = lasting

    def __str__(self) -> str:
        return f"cannot read {self.name}: {self.reason}"


class TruthUnreadableError(InputError):
    """A line that says what the pictures of a drawn collection show cannot be understood."""

    def __init__(self, path: str | Path, line: int, problem: str) -> None:
        super().__init__(str(path), line, problem)
        self.path = Path(path)
        self.line = line
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"line {self.line} of {self.path} cannot be understood: {self.problem}; delete the "
            f"file and run `sightline scenes {self.path.parent}` with the same count and seed"
        )


class ModelError(SightlineError):
    """A model cannot be used; repair its files or choose another."""


class ModelNotFoundError(ModelError):
    """A model name is neither in the table nor a folder."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name, known)
        self.name = name
        self.known = known

    def __str__(self) -> str:
        return (
            f"no model is called {self.name!r}, and no folder is; "
            f"known models: {', '.join(self.known)}; or pass --model FOLDER"
        )


class ModelFilesError(ModelError):
    """A model folder is incomplete or broken."""

    def __init__(self, folder: str | Path, problem: str, remedy: str) -> None:
        super().__init__(str(folder), problem, remedy)
        self.folder = Path(folder)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"the model in {self.folder} cannot be used: {self.problem}; {self.remedy}"


class ModelLacksTextError(ModelError):
    """A text was given to a model that reads pictures only."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.model = model

    def __str__(self) -> str:
        return f"{self.model} reads pictures only; search with --image, or index with another model"


class GalleryError(SightlineError):
    """A gallery cannot be used as asked."""


class GalleryNotFoundError(GalleryError):
    """There is no gallery in a folder."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(str(path))
        self.path = Path(path)

    def __str__(self) -> str:
        return (
            f"there is no gallery at {self.path}; make one with "
            f"`sightline index PICTURES --gallery {self.path}`"
        )


class GalleryBusyError(GalleryError):
    """Another process is writing to the gallery."""

    def __init__(self, path: str | Path, holder: str) -> None:
        super().__init__(str(path), holder)
        self.path = Path(path)
        self.holder = holder

    def __str__(self) -> str:
        return (
            f"the gallery at {self.path} is being changed by {self.holder}; "
            "wait for it to finish (searching works meanwhile)"
        )


class GalleryVersionError(GalleryError):
    """The gallery was written by a newer Sightline."""

    def __init__(self, path: str | Path, found: int, supported: int) -> None:
        super().__init__(str(path), found, supported)
        self.path = Path(path)
        self.found = found
        self.supported = supported

    def __str__(self) -> str:
        return (
            f"the gallery at {self.path} has format {self.found}, and this Sightline reads up to "
            f"{self.supported}; upgrade with `pip install --upgrade sightline`"
        )


class GalleryCorruptError(GalleryError):
    """The catalog file is damaged."""

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(str(path), problem)
        self.path = Path(path)
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"the catalog {self.path} is damaged ({self.problem}); "
            "restore it from a backup, or move it away and index again"
        )


class ModelMismatchError(GalleryError):
    """The gallery was built by another model, so its vectors cannot be compared."""

    def __init__(self, gallery_model: str, asked_model: str, remedy: str) -> None:
        super().__init__(gallery_model, asked_model, remedy)
        self.gallery_model = gallery_model
        self.asked_model = asked_model
        self.remedy = remedy

    def __str__(self) -> str:
        return (
            f"this gallery was indexed with {self.gallery_model}, but {self.asked_model} was asked "
            f"for; {self.remedy}"
        )


class FolderGoneError(GalleryError):
    """A folder that was indexed is no longer there."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(str(path))
        self.path = Path(path)

    def __str__(self) -> str:
        return (
            f"{self.path} was indexed, and is no longer there; mount its drive, "
            f"or forget it with `sightline remove {self.path}`"
        )


class VanishedError(GalleryError):
    """More than half of a gallery would be dropped, as when a drive is unmounted or failing."""

    def __init__(self, vanished: int, total: int) -> None:
        super().__init__(vanished, total)
        self.vanished = vanished
        self.total = total

    def __str__(self) -> str:
        return (
            f"{self.vanished:,} of the {self.total:,} pictures in this gallery are gone or "
            "damaged, and were kept for now; if a drive is not mounted, mount it; "
            "if they are really gone, pass --force"
        )


class StorageError(SightlineError):
    """The file system refused."""


class DiskFullError(StorageError):
    """There is no room left."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(str(path))
        self.path = Path(path)

    def __str__(self) -> str:
        return (
            f"no space is left for {self.path}; nothing that was committed is lost: "
            "make room and run the same command again"
        )


class NotReadableError(StorageError):
    """A file or folder may not, or cannot, be read."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(str(path), reason)
        self.path = Path(path)
        self.reason = reason

    def __str__(self) -> str:
        return f"cannot read {self.path}: {self.reason}; check its permissions, and its drive"


class NotWritableError(StorageError):
    """A file or folder may not be written."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(str(path), reason)
        self.path = Path(path)
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"cannot write {self.path}: {self.reason}; "
            "check its permissions, or choose another place"
        )


class MissingPackageError(SightlineError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(package, extra)
        self.package = package
        self.extra = extra

    def __str__(self) -> str:
        return f"this needs {self.package}; install it with `pip install 'sightline[{self.extra}]'`"


class SightlineWarning(UserWarning):
    """Base of every warning that Sightline gives."""


class TextTruncatedWarning(SightlineWarning):
    """A text is longer than the model's context, so its end was not read."""

    def __init__(self, tokens: int, context: int) -> None:
        super().__init__(tokens, context)
        self.tokens = tokens
        self.context = context

    def __str__(self) -> str:
        return (
            f"the text has {self.tokens} tokens and the model reads {self.context}; "
            "the rest was left out, so put what matters first"
        )
