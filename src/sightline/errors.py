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


class DeviceNotFoundError(InputError):
    """The device that a model was to run on cannot be used."""

    def __init__(self, device: str, reason: str) -> None:
        super().__init__(device, reason)
        self.device = device
        self.reason = reason

    def __str__(self) -> str:
        return f"no model can run on {self.device}: {self.reason}; pass --device cpu"


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


class ImageNotFoundError(InputError):
    """No picture of the gallery has an id."""

    def __init__(self, id: int) -> None:
        super().__init__(id)
        self.id = id

    def __str__(self) -> str:
        return f"no picture has the id {self.id}; it was removed, or never was; search again"


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


class FolderTakenError(InputError):
    """A model is to be written where something else lies."""

    def __init__(self, path: str | Path, is_model: bool) -> None:
        super().__init__(str(path), is_model)
        self.path = Path(path)
        self.is_model = is_model

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


class WordsSourceNotFoundError(InputError):
    """No captioner, or no composer, has a name. ``role`` says which of the two."""

    def __init__(self, role: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__(role, name, known)
        self.role = role
        self.name = name
        self.known = known

    def __str__(self) -> str:
        return f"no {self.role} is called {self.name!r}; known are: {', '.join(self.known)}"


class DatasetIncompleteError(InputError):
    """Files of a published data set are not where they are looked for."""

    def __init__(self, dataset: str, missing: str, remedy: str) -> None:
        super().__init__(dataset, missing, remedy)
        self.dataset = dataset
        self.missing = missing
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.dataset} lacks {self.missing}; {self.remedy}"


class AnnotationsUnreadableError(InputError):
    """A file of judgements, queries or results is not of the form that it should have."""

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(str(path), problem)
        self.path = Path(path)
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path} cannot be understood: {self.problem}; bring it as it was published"


class ResultsDifferError(InputError):
    """Two results are of different measurements, so their figures cannot be compared."""

    def __init__(self, first: str, second: str, difference: str) -> None:
        super().__init__(first, second, difference)
        self.first = first
        self.second = second
        self.difference = difference

    def __str__(self) -> str:
        return (
            f"{self.first} and {self.second} cannot be compared: they differ in {self.difference}; "
            "compare results of one data set, protocol and set of queries"
        )


class NothingJudgedError(InputError):
    """A gallery is to be measured by judgements, and nobody has judged anything in it."""

    def __init__(self, gallery: str | Path) -> None:
        super().__init__(str(gallery))
        self.gallery = Path(gallery)

    def __str__(self) -> str:
        return (
            f"nobody has judged any answers in {self.gallery} yet; judge some in the page of "
            "`sightline serve`, bring some with `sightline eval import-judgements`, or pass "
            "--labels folders, bursts or transforms, which need none"
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
        from difflib import get_close_matches

        near = get_close_matches(self.name.casefold(), self.known, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        return (
            f"no model is called {self.name!r}, and no folder is; {meant}"
            f"known models: {', '.join(self.known)}; or pass --model FOLDER"
        )


class ModelNotFetchedError(ModelError):
    """A model of the table has to be fetched from the hub before it can be used."""

    def __init__(self, name: str, about_megabytes: int, options: str = "") -> None:
        super().__init__(name, about_megabytes, options)
        self.name = name
        self.about_megabytes = about_megabytes
        self.options = options

    def __str__(self) -> str:
        command = " ".join(["sightline models fetch", self.name, *self.options.split()])
        return (
            f"{self.name} is not on this machine; fetch it with `{command}` "
            f"(about {self.about_megabytes:,} MB), or pass --model FOLDER"
        )


class ModelNameTakenError(ModelError):
    """A model cannot be added under a name that belongs to another."""

    def __init__(self, name: str, owner: str) -> None:
        super().__init__(name, owner)
        self.name = name
        self.owner = owner

    def __str__(self) -> str:
        return (
            f"the name {self.name} belongs to {self.owner}; pass --name OTHER, or free the name "
            f"with `sightline models remove {self.name}`"
        )


class ModelRecordError(ModelError):
    """What was noted about a model on this machine cannot be understood."""

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(str(path), problem)
        self.path = Path(path)
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"the record {self.path} of a model cannot be understood: {self.problem}; "
            "delete that file, and fetch or add the model again"
        )


class LicenceNotAcceptedError(ModelError):
    """The weights may not be used for everything, and nobody said that this is understood."""

    def __init__(self, model: str, licence: str, restriction: str) -> None:
        super().__init__(model, licence, restriction)
        self.model = model
        self.licence = licence
        self.restriction = restriction

    def __str__(self) -> str:
        return (
            f"the weights of {self.model} are for {self.restriction} use (licence {self.licence}); "
            "read the licence, and pass --accept-licence if it allows what you do"
        )


class HubUnreachableError(ModelError):
    """The hub that models are fetched from does not answer.

    ``name`` is that of the model table, or "" for any other repository; ``options`` are those of
    ``models fetch``.
    """

    def __init__(self, wanted: str, reason: str, name: str = "", options: str = "") -> None:
        super().__init__(wanted, reason, name, options)
        self.wanted = wanted
        self.reason = reason
        self.name = name
        self.options = options

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

    def __init__(self, wanted: str, problem: str, remedy: str) -> None:
        super().__init__(wanted, problem, remedy)
        self.wanted = wanted
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.wanted} cannot be fetched: {self.problem}; {self.remedy}"


class DownloadDamagedError(ModelError):
    """A file came twice with another content than the hub announces."""

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(file, problem)
        self.file = file
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"{self.file} arrived damaged twice: {self.problem}; nothing of it was kept: try again "
            "later, or without the proxy or mirror (HF_ENDPOINT) in between"
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


class ExportMismatchError(ModelError):
    """An exported model gives other vectors than the checkpoint that it was made from."""

    def __init__(self, source: str, what: str, cosine: float, least: float) -> None:
        super().__init__(source, what, cosine, least)
        self.source = source
        self.what = what
        self.cosine = cosine
        self.least = least

    def __str__(self) -> str:
        return (
            f"the export of {self.source} gives other vectors for {self.what} than the checkpoint "
            f"(cosine {self.cosine:.6f}, and {self.least} is the least), so nothing was written; "
            "try other versions of torch, onnxscript and transformers"
        )


class QuantizationQualityError(ModelError):
    """An int8 model finds other pictures than its float original, so it was not installed."""

    def __init__(self, model: str, agreement: float, least: float, cosine: float) -> None:
        super().__init__(model, agreement, least, cosine)
        self.model = model
        self.agreement = agreement
        self.least = least
        self.cosine = cosine

    def __str__(self) -> str:
        return (
            f"{self.model} in int8 keeps {self.agreement:.2%} of the first ten neighbours, and "
            f"{self.least:.1%} is the least (mean cosine to float32 {self.cosine:.5f}), so nothing "
            "was installed; calibrate with more pictures, or with such as will be searched, stay "
            "with bfloat16, or pass --force to install it nevertheless"
        )


class CaptionModelMissingError(ModelError):
    """A model that describes pictures is not on this machine. It is never fetched by a search."""

    def __init__(self, checkpoint: str) -> None:
        super().__init__(checkpoint)
        self.checkpoint = checkpoint

    def __str__(self) -> str:
        return (
            f"{self.checkpoint} is not on this machine; fetch it with `hf download "
            f"{self.checkpoint}`, or name a folder with --blip FOLDER or SIGHTLINE_BLIP"
        )


class OutOfMemoryError(ModelError):
    """There is not even enough memory for one picture or text at a time."""

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.model = model

    def __str__(self) -> str:
        return (
            f"memory ran out while {self.model} worked on a single picture or text; close other "
            "programs, or index with a smaller model, such as --model clip-vit-b32"
        )


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


class EmptyGalleryError(GalleryError):
    """What is asked for is worked out from the gallery's pictures, and there are none."""

    def __str__(self) -> str:
        return "the gallery is empty; index pictures with `sightline index FOLDER`"


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


class GalleryClosedError(GalleryError):
    """A gallery was used after it was closed, which is a fault of the program that did."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(str(path))
        self.path = Path(path)

    def __str__(self) -> str:
        return f"the gallery at {self.path} was closed before this was asked of it; open it again"


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

    def __init__(self, gallery_model: str, asked_model: str, difference: str, remedy: str) -> None:
        super().__init__(gallery_model, asked_model, difference, remedy)
        self.gallery_model = gallery_model
        self.asked_model = asked_model
        self.difference = difference
        self.remedy = remedy

    def __str__(self) -> str:
        return (
            f"this gallery was indexed with {self.gallery_model}, but {self.asked_model} was asked "
            f"for, which differs in {self.difference}; {self.remedy}"
        )


class VectorMissingError(GalleryError):
    """A picture was indexed by another model only, so nothing can be compared with it."""

    def __init__(self, id: int, model: str) -> None:
        super().__init__(id, model)
        self.id = id
        self.model = model

    def __str__(self) -> str:
        return (
            f"the picture {self.id} has no vector of {self.model} yet; bring the gallery up to "
            "date with `sightline index`"
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


class TooLittleRoomError(StorageError):
    """What is to be written will not fit, which was found out before any of it was."""

    def __init__(self, path: str | Path, needed_megabytes: int, free_megabytes: int) -> None:
        super().__init__(str(path), needed_megabytes, free_megabytes)
        self.path = Path(path)
        self.needed_megabytes = needed_megabytes
        self.free_megabytes = free_megabytes

    def __str__(self) -> str:
        return (
            f"{self.needed_megabytes:,} MB are needed in {self.path}, and {self.free_megabytes:,} "
            "MB are free; make room, or set HF_HOME to a folder on another disk"
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


class ServiceError(SightlineError):
    """A language model that runs in another program, or on another machine, could not help."""


class ServiceUnreachableError(ServiceError):
    """The service does not answer, or not in time."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(address, reason)
        self.address = address
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"the language model at {self.address} cannot be reached: {self.reason}; check "
            "SIGHTLINE_LLM_URL, and that it runs"
        )


class ServiceRefusedError(ServiceError):
    """The service answers, and does not do what was asked."""

    def __init__(self, address: str, status: int, problem: str, remedy: str) -> None:
        super().__init__(address, status, problem, remedy)
        self.address = address
        self.status = status
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return (
            f"the language model at {self.address} refuses: {self.problem} "
            f"(status {self.status}); {self.remedy}"
        )


class ServiceAnswerError(ServiceError):
    """What the service answers cannot be used, even after it was asked a second time."""

    def __init__(self, address: str, problem: str) -> None:
        super().__init__(address, problem)
        self.address = address
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"the language model at {self.address} gives no usable answer: {self.problem}; "
            "try a larger model with SIGHTLINE_LLM_MODEL"
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


class GpuUnusedWarning(SightlineWarning):
    """There is a GPU, and the model cannot be run on it."""

    def __init__(self, device: str, problem: str) -> None:
        super().__init__(device, problem)
        self.device = device
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"the CPU is used although {self.device} is there ({self.problem}); "
            "pass --device cpu to leave it at that"
        )


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


class GpuSearchWarning(SightlineWarning):
    """FAISS cannot search on the GPU, so the processor searches."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"the GPU cannot hold or search the vectors ({self.reason}), so the processor does; "
            "the results are the same"
        )
