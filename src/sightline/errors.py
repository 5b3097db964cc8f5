"""Every error that Sightline raises, grouped by what the caller can do about it.

::

    SightlineError
    ├── InputError                 change what was asked
    │   ├── EmptyQueryError
    │   ├── CancelledQueryError
    │   ├── EmptyTextError
    │   ├── InvalidValueError
    │   ├── DeviceNotFoundError
    │   ├── VectorShapeError
    │   ├── SourceNotFoundError
    │   ├── ImageNotFoundError
    │   ├── ImageUnreadableError
    │   ├── FolderTakenError
    │   ├── TruthUnreadableError
    │   ├── WordsSourceNotFoundError
    │   ├── DatasetIncompleteError
    │   ├── AnnotationsUnreadableError
    │   ├── ResultsDifferError
    │   └── NothingJudgedError
    ├── ModelError                 change the model, or repair its files
    │   ├── ModelNotFoundError
    │   ├── ModelNotFetchedError
    │   ├── ModelNameTakenError
    │   ├── ModelRecordError
    │   ├── LicenceNotAcceptedError
    │   ├── HubUnreachableError
    │   ├── HubRefusedError
    │   ├── DownloadDamagedError
    │   ├── ModelFilesError
    │   ├── ExportMismatchError
    │   ├── QuantizationQualityError
    │   ├── CaptionModelMissingError
    │   ├── OutOfMemoryError
    │   └── ModelLacksTextError
    ├── GalleryError               change the gallery, or how it is opened
    │   ├── GalleryNotFoundError
    │   ├── EmptyGalleryError
    │   ├── GalleryBusyError
    │   ├── GalleryClosedError
    │   ├── GalleryVersionError
    │   ├── GalleryCorruptError
    │   ├── ModelMismatchError
    │   ├── VectorMissingError
    │   ├── FolderGoneError
    │   └── VanishedError
    ├── StorageError               make room, or change permissions
    │   ├── DiskFullError
    │   ├── TooLittleRoomError
    │   ├── NotReadableError
    │   └── NotWritableError
    ├── ServiceError               another program or machine could not help; mend it, or do without
    │   ├── ServiceUnreachableError
    │   ├── ServiceRefusedError
    │   └── ServiceAnswerError
    └── MissingPackageError        install an extra

A class is its facts, which its constructor takes, and its sentence, which names the cause and the
remedy. Errors of Pillow, FAISS, SQLite, OpenVINO and the hub are translated where they are called.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, dataclass_transform


@dataclass_transform(eq_default=False)
class Told:
    """What an error or a warning is made of: facts, and a sentence about them.

    What a class annotates is a fact and an argument of its constructor, in that order.

    Attributes:
        sentence: With the names of facts in braces. Where it depends on them, a class has a
            ``__str__`` instead.
    """

    sentence: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclass(eq=False, repr=False)(cls)

    def __str__(self) -> str:
        return self.sentence.format_map(vars(self))

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception pickles what it was called with, and would forget what came by name.
        return type(self), tuple(getattr(self, fact.name) for fact in fields(self))  # type: ignore[arg-type]


class SightlineError(Told, Exception):
    """Base of every error that Sightline raises on purpose."""


class InputError(SightlineError):
    """What was asked cannot be done; ask something else."""


class EmptyQueryError(InputError):
    """A query has neither words nor a picture."""

    sentence = "there is nothing to search for; give some words, or a picture with --image"


class CancelledQueryError(InputError):
    """What a query excludes is all that it looks for."""

    sentence = "what is looked for and what is excluded cancel out; exclude something else"


class EmptyTextError(InputError):
    """A text to embed is empty or only white space."""

    position: int = 0

    def __str__(self) -> str:
        return f"text number {self.position + 1} is empty; give at least one word"


class InvalidValueError(InputError):
    """A value is outside what is allowed."""

    name: str
    value: object
    allowed: str
    sentence = "{name} is {value!r}, but it must be {allowed}"


class DeviceNotFoundError(InputError):
    """The device that a model was to run on cannot be used."""

    device: str
    reason: str
    sentence = "no model can run on {device}: {reason}; pass --device cpu"


class VectorShapeError(InputError):
    """An array of vectors has another shape or dtype than the index."""

    got: str
    expected: str
    sentence = "vectors are {got}, but {expected} was expected"


class SourceNotFoundError(InputError):
    """A file or folder that was named is not there."""

    path: str | Path
    sentence = "there is no file or folder {path}; check the spelling, or mount its drive"


class ImageNotFoundError(InputError):
    """No picture of the gallery has an id."""

    id: int
    sentence = "no picture has the id {id}; it was removed, or never was; search again"


class ImageUnreadableError(InputError):
    """A picture cannot be read. ``reason`` alone is what the catalog records.

    ``lasting`` tells whether it is the content's fault, so that there is no use in trying again
    before the file changes; a drive, a permission or a limit can be mended without touching it.
    """

    name: str
    reason: str
    lasting: bool = True
    sentence = "cannot read {name}: {reason}"


class FolderTakenError(InputError):
    """A model is to be written where something else lies."""

    path: Path
    is_model: bool

    def __str__(self) -> str:
        if self.is_model:
            return (
                f"there is a model in {self.path} already; choose another folder, or pass --force"
            )
        return (
            f"{self.path} is not empty, and holds more than a model; choose a folder that is "
            "not there yet"
        )


class TruthUnreadableError(InputError):
    """A line that says what the pictures of a drawn collection show cannot be understood."""

    path: Path
    line: int
    problem: str

    def __str__(self) -> str:
        return (
            f"line {self.line} of {self.path} cannot be understood: {self.problem}; delete the "
            f"file and run `sightline scenes {self.path.parent}` with the same count and seed"
        )


class WordsSourceNotFoundError(InputError):
    """No captioner, or no composer, has a name. ``role`` says which of the two."""

    role: str
    name: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"no {self.role} is called {self.name!r}; known are: {', '.join(self.known)}"


class DatasetIncompleteError(InputError):
    """Files of a published data set are not where they are looked for."""

    dataset: str
    missing: str
    remedy: str
    sentence = "{dataset} lacks {missing}; {remedy}"


class AnnotationsUnreadableError(InputError):
    """A file of judgements, queries or results is not of the form that it should have."""

    path: Path
    problem: str
    sentence = "{path} cannot be understood: {problem}; bring it as it was published"


class ResultsDifferError(InputError):
    """Two results are of different measurements, so their figures cannot be compared."""

    first: str
    second: str
    difference: str
    sentence = (
        "{first} and {second} cannot be compared: they differ in {difference}; "
        "compare results of one data set, protocol and set of queries"
    )


class NothingJudgedError(InputError):
    """A gallery is to be measured by judgements, and nobody has judged anything in it."""

    gallery: Path
    sentence = (
        "nobody has judged any answers in {gallery} yet; judge some in the page of "
        "`sightline serve`, bring some with `sightline eval import-judgements`, or pass "
        "--labels folders, bursts or transforms, which need none"
    )


class ModelError(SightlineError):
    """A model cannot be used; repair its files or choose another."""


class ModelNotFoundError(ModelError):
    """A model name is neither in the table nor a folder."""

    name: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        from difflib import get_close_matches

        near = get_close_matches(self.name.casefold(), self.known, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        return (
            f"no model is called {self.name!r}, and no folder is; {meant}"
            f"known models: {', '.join(self.known)}; or pass --model FOLDER"
        )


class ModelNotFetchedError(ModelError):
    """A model of the table has to be fetched from the hub before it can be used."""

    name: str
    about_megabytes: int
    options: str = ""

    def __str__(self) -> str:
        command = " ".join(["sightline models fetch", self.name, *self.options.split()])
        return (
            f"{self.name} is not on this machine; fetch it with `{command}` "
            f"(about {self.about_megabytes:,} MB), or pass --model FOLDER"
        )


class ModelNameTakenError(ModelError):
    """A model cannot be added under a name that belongs to another."""

    name: str
    owner: str
    sentence = (
        "the name {name} belongs to {owner}; pass --name OTHER, or free the name "
        "with `sightline models remove {name}`"
    )


class ModelRecordError(ModelError):
    """What was noted about a model on this machine cannot be understood."""

    path: Path
    problem: str
    sentence = (
        "the record {path} of a model cannot be understood: {problem}; "
        "delete that file, and fetch or add the model again"
    )


class LicenceNotAcceptedError(ModelError):
    """The weights may not be used for everything, and nobody said that this is understood."""

    model: str
    licence: str
    restriction: str
    sentence = (
        "the weights of {model} are for {restriction} use (licence {licence}); "
        "read the licence, and pass --accept-licence if it allows what you do"
    )


class HubUnreachableError(ModelError):
    """The hub that models are fetched from does not answer.

    ``name`` is that of the model table, or "" for any other repository; ``options`` are those of
    ``models fetch``.
    """

    wanted: str
    reason: str
    name: str = ""
    options: str = ""

    def __str__(self) -> str:
        return (
            f"{self.wanted} cannot be fetched: {self.reason}; there are three ways out: "
            f"{self._carried()}; or set HF_ENDPOINT to a mirror of the hub; or take a model that "
            "you have in a folder, with --model FOLDER"
        )

    def _carried(self) -> str:
        if not self.name:
            return "bring its files here in a folder, and name that folder in its place"
        command = " ".join(["sightline models fetch", self.name, *self.options.split()])
        there = f"on a machine with a network run `{command} --to FOLDER`, bring FOLDER here and"
        if self.options:
            return f"{there} pass it as --model FOLDER"
        return f"{there} run `sightline models add FOLDER --name {self.name}`"


class HubRefusedError(ModelError):
    """The hub answers, and does not give what was asked for."""

    wanted: str
    problem: str
    remedy: str
    sentence = "{wanted} cannot be fetched: {problem}; {remedy}"


class DownloadDamagedError(ModelError):
    """A file came twice with another content than the hub announces."""

    file: str
    problem: str
    sentence = (
        "{file} arrived damaged twice: {problem}; nothing of it was kept: try again "
        "later, or without the proxy or mirror (HF_ENDPOINT) in between"
    )


class ModelFilesError(ModelError):
    """A model folder is incomplete or broken."""

    folder: Path
    problem: str
    remedy: str
    sentence = "the model in {folder} cannot be used: {problem}; {remedy}"


class ExportMismatchError(ModelError):
    """An exported model gives other vectors than the checkpoint that it was made from."""

    source: str
    what: str
    cosine: float
    least: float
    sentence = (
        "the export of {source} gives other vectors for {what} than the checkpoint "
        "(cosine {cosine:.6f}, and {least} is the least), so nothing was written; "
        "try other versions of torch, onnxscript and transformers"
    )


class QuantizationQualityError(ModelError):
    """An int8 model finds other pictures than its float original, so it was not installed."""

    model: str
    agreement: float
    least: float
    cosine: float
    sentence = (
        "{model} in int8 keeps {agreement:.2%} of the first ten neighbours, and "
        "{least:.1%} is the least (mean cosine to float32 {cosine:.5f}), so nothing "
        "was installed; calibrate with more pictures, or with such as will be searched, stay "
        "with bfloat16, or pass --force to install it nevertheless"
    )


class CaptionModelMissingError(ModelError):
    """A model that describes pictures is not on this machine. It is never fetched by a search."""

    checkpoint: str
    sentence = (
        "{checkpoint} is not on this machine; fetch it with `hf download "
        "{checkpoint}`, or name a folder with --blip FOLDER or SIGHTLINE_BLIP"
    )


class OutOfMemoryError(ModelError):
    """There is not even enough memory for one picture or text at a time."""

    model: str
    sentence = (
        "memory ran out while {model} worked on a single picture or text; close other "
        "programs, or index with a smaller model, such as --model clip-vit-b32"
    )


class ModelLacksTextError(ModelError):
    """A text was given to a model that reads pictures only."""

    model: str
    sentence = "{model} reads pictures only; search with --image, or index with another model"


class GalleryError(SightlineError):
    """A gallery cannot be used as asked."""


class GalleryNotFoundError(GalleryError):
    """There is no gallery in a folder."""

    path: Path
    sentence = (
        "there is no gallery at {path}; make one with `sightline index PICTURES --gallery {path}`"
    )


class EmptyGalleryError(GalleryError):
    """What is asked for is worked out from the gallery's pictures, and there are none."""

    sentence = "the gallery is empty; index pictures with `sightline index FOLDER`"


class GalleryBusyError(GalleryError):
    """Another process is writing to the gallery."""

    path: Path
    holder: str
    sentence = (
        "the gallery at {path} is being changed by {holder}; "
        "wait for it to finish (searching works meanwhile)"
    )


class GalleryClosedError(GalleryError):
    """A gallery was used after it was closed, which is a fault of the program that did."""

    path: Path
    sentence = "the gallery at {path} was closed before this was asked of it; open it again"


class GalleryVersionError(GalleryError):
    """The gallery was written by a newer Sightline."""

    path: Path
    found: int
    supported: int
    sentence = (
        "the gallery at {path} has format {found}, and this Sightline reads up to "
        "{supported}; upgrade with `pip install --upgrade sightline`"
    )


class GalleryCorruptError(GalleryError):
    """The catalog file is damaged."""

    path: Path
    problem: str
    sentence = (
        "the catalog {path} is damaged ({problem}); "
        "restore it from a backup, or move it away and index again"
    )


class ModelMismatchError(GalleryError):
    """The gallery was built by another model, so its vectors cannot be compared."""

    gallery_model: str
    asked_model: str
    difference: str
    remedy: str
    sentence = (
        "this gallery was indexed with {gallery_model}, but {asked_model} was asked "
        "for, which differs in {difference}; {remedy}"
    )


class VectorMissingError(GalleryError):
    """A picture was indexed by another model only, so nothing can be compared with it."""

    id: int
    model: str
    sentence = (
        "the picture {id} has no vector of {model} yet; bring the gallery up to "
        "date with `sightline index`"
    )


class FolderGoneError(GalleryError):
    """A folder that was indexed is no longer there."""

    path: Path
    sentence = (
        "{path} was indexed, and is no longer there; mount its drive, "
        "or forget it with `sightline remove {path}`"
    )


class VanishedError(GalleryError):
    """More than half of a gallery would be dropped, as when a drive is unmounted or failing."""

    vanished: int
    total: int
    sentence = (
        "{vanished:,} of the {total:,} pictures in this gallery are gone or "
        "damaged, and were kept for now; if a drive is not mounted, mount it; "
        "if they are really gone, pass --force"
    )


class StorageError(SightlineError):
    """The file system refused."""


class DiskFullError(StorageError):
    """There is no room left."""

    path: Path
    sentence = (
        "no space is left for {path}; nothing that was committed is lost: "
        "make room and run the same command again"
    )


class TooLittleRoomError(StorageError):
    """What is to be written will not fit, which was found out before any of it was."""

    path: Path
    needed_megabytes: int
    free_megabytes: int
    sentence = (
        "{needed_megabytes:,} MB are needed in {path}, and {free_megabytes:,} "
        "MB are free; make room, or set HF_HOME to a folder on another disk"
    )


class NotReadableError(StorageError):
    """A file or folder may not, or cannot, be read."""

    path: Path
    reason: str
    sentence = "cannot read {path}: {reason}; check its permissions, and its drive"


class NotWritableError(StorageError):
    """A file or folder may not be written."""

    path: Path
    reason: str
    sentence = "cannot write {path}: {reason}; check its permissions, or choose another place"


class ServiceError(SightlineError):
    """A language model that runs in another program, or on another machine, could not help."""


class ServiceUnreachableError(ServiceError):
    """The service does not answer, or not in time."""

    address: str
    reason: str
    sentence = (
        "the language model at {address} cannot be reached: {reason}; check "
        "SIGHTLINE_LLM_URL, and that it runs"
    )


class ServiceRefusedError(ServiceError):
    """The service answers, and does not do what was asked."""

    address: str
    status: int
    problem: str
    remedy: str
    sentence = "the language model at {address} refuses: {problem} (status {status}); {remedy}"


class ServiceAnswerError(ServiceError):
    """What the service answers cannot be used, even after it was asked a second time."""

    address: str
    problem: str
    sentence = (
        "the language model at {address} gives no usable answer: {problem}; "
        "try a larger model with SIGHTLINE_LLM_MODEL"
    )


class MissingPackageError(SightlineError):
    """An optional package is not installed."""

    package: str
    extra: str
    sentence = "this needs {package}; install it with `pip install 'sightline[{extra}]'`"


class SightlineWarning(Told, UserWarning):
    """Base of every warning that Sightline gives."""


class GpuUnusedWarning(SightlineWarning):
    """There is a GPU, and the model cannot be run on it."""

    device: str
    problem: str
    sentence = (
        "the CPU is used although {device} is there ({problem}); "
        "pass --device cpu to leave it at that"
    )


class TextTruncatedWarning(SightlineWarning):
    """A text is longer than the model's context, so its end was not read."""

    tokens: int
    context: int
    sentence = (
        "the text has {tokens} tokens and the model reads {context}; "
        "the rest was left out, so put what matters first"
    )


class GpuSearchWarning(SightlineWarning):
    """FAISS cannot search on the GPU, so the processor searches."""

    reason: str
    sentence = (
        "the GPU cannot hold or search the vectors ({reason}), so the processor does; "
        "the results are the same"
    )
