"""Gallery: one collection of pictures on disk. The one object that a user of the library holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.catalog import Catalog
from sightline.composed import WordsSettings
from sightline.errors import (
    FolderGoneError,
    GalleryNotFoundError,
    ImageNotFoundError,
    InvalidValueError,
    SightlineError,
)
from sightline.gallery.composing import GalleryComposing
from sightline.gallery.files import GalleryFiles
from sightline.gallery.index import GalleryIndex
from sightline.gallery.model import AskedModel, GalleryModel
from sightline.gallery.pictures import PATIENCE_S, GalleryPictures
from sightline.gallery.search import GallerySearch
from sightline.gallery.sync import SyncSettings, sync
from sightline.gallery.sync.comparison import as_paths, is_under, named_sources
from sightline.images import Source
from sightline.images.memory import room_for_guests
from sightline.protocols import Encoder, GalleryStore, Specialist
from sightline.system.paths import absolute
from sightline.types import (
    NO_FILTERS,
    Added,
    Batch,
    Browsed,
    Facets,
    Filters,
    GalleryStatus,
    Hit,
    Ids,
    ImageRecord,
    Judgement,
    Neighbours,
    Page,
    Progress,
    Query,
    SearchResult,
    Skipped,
    SyncReport,
    Vectors,
)

if TYPE_CHECKING:
    from sightline.composed import Composing
    from sightline.types.composition import Composition

_CATALOG = "catalog.sqlite"


class Gallery:
    """A collection of pictures: index it, search it, keep it up to date.

    A gallery is a folder with a catalog (the truth) and index files (derived from it, and made
    again when they are lost). The pictures stay where they are and are never changed.

    Any number of threads and processes may search; one at a time may change.

    >>> with Gallery.open("holiday.gallery", model="mini") as gallery:
    ...     report = gallery.sync(["~/Pictures"])
    ...     hits = gallery.search(Query(texts=["a red car"]), k=10)
    """

    def __init__(
        self,
        path: Path,
        catalog: GalleryStore,
        model: AskedModel,
        *,
        max_megapixels: float = 200.0,
    ) -> None:
        """Use ``Gallery.open``."""
        self._path = path
        self._catalog = catalog
        self._model = GalleryModel(catalog, model)
        self._index = GalleryIndex(catalog, path)
        room = room_for_guests()
        self._search = GallerySearch(catalog, self._model, self._index, max_megapixels, room)
        self._composing = GalleryComposing(catalog, self._model, self._search, model.device)
        self._files = GalleryFiles(path, max_megapixels, room)
        self._pictures = GalleryPictures(catalog, self._model, self._files, max_megapixels, room)
        self._threads = model.threads
        self._max_megapixels = max_megapixels

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        model: str | Path | Encoder | None = None,
        create: bool = True,
        precision: str | None = None,
        device: str = "cpu",
        threads: int = 0,
        max_megapixels: float = 200.0,
    ) -> Gallery:
        """Return the gallery in a folder. The model is loaded when it is first needed.

        Args:
            path: The gallery's own folder, not that of the pictures.
            model: A name of the model table, a folder with ONNX files, or an encoder. None: the
                one that the gallery was made with, or ``clip-vit-l14`` for a new one.
            create: Make the folder if there is no gallery in it.
            precision: The model's arithmetic, as ``encoders.load_model`` takes it; None: what
                suits the gallery and the processor. Vectors in float32, bfloat16 and float16 go
                together, those in int8 are of a kind of their own.
            device: What the model runs on, as ``encoders.load_model`` takes it.
            threads: For the model and for decoding; 0 means one for each core.
            max_megapixels: Refuse larger pictures before they are decoded.

        Raises:
            GalleryNotFoundError: there is none, and ``create`` is False.
            GalleryVersionError: a newer Sightline made it.
            GalleryCorruptError: its catalog is damaged.
            NotWritableError: the folder cannot be made.
        """
        folder = absolute(path)
        if not create and not os.path.exists(folder / _CATALOG):
            raise GalleryNotFoundError(folder)
        catalog = Catalog.open(folder / _CATALOG, create=create)
        asked = AskedModel(model, precision, device, threads)
        return cls(folder, catalog, asked, max_megapixels=max_megapixels)

    def close(self) -> None:
        """Close the catalog. The gallery cannot be used afterwards."""
        self._index.close()
        self._catalog.close()

    def __enter__(self) -> Gallery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """Return how many pictures there are."""
        return self._catalog.count()

    def __bool__(self) -> bool:
        """An empty gallery is still a gallery."""
        return True

    def __repr__(self) -> str:
        return f"Gallery({str(self._path)!r}, {len(self)} images)"

    # What it is

    @property
    def path(self) -> Path:
        """The gallery's folder, absolute."""
        return self._path

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that are indexed, and looked at again by a ``sync`` without paths."""
        return self._catalog.folders()

    @property
    def model_name(self) -> str:
        """The name of the gallery's model."""
        return self.encoder.spec.name

    @property
    def domain(self) -> str:
        """What the gallery's model knows, such as "photographs", or "" if it does not say."""
        return self.encoder.knows if isinstance(self.encoder, Specialist) else ""

    @property
    def encoder(self) -> Encoder:
        """The model that turns pictures and words into vectors.

        Raises:
            ModelNotFoundError: no model has the name, and no folder has it.
            ModelNotFetchedError: it is in the model table, and not on this machine.
            ModelFilesError: its files are incomplete or broken.
        """
        return self._model.encoder

    @property
    def change(self) -> int:
        """A number that rises whenever the gallery changes, whoever changes it."""
        return self._catalog.change

    def use_for_queries(self, adapt: Callable[[Encoder], Encoder] | None) -> None:
        """Let queries be embedded by what a function makes of the model; None for the model itself.

        A service joins the queries of many people into batches so. The vectors must stay the same.
        """
        self._model.adapt(adapt)

    def status(self) -> GalleryStatus:
        """Return what the gallery holds: counts, models, folders, and files that were refused."""
        return GalleryStatus(
            path=self._path,
            images=self._catalog.count(),
            models=self._catalog.models(),
            faults=tuple(Skipped(f.path, f.reason) for f in self._catalog.faults()),
            folders=self.folders,
            index_state=str(self._index.worst_state()),
            bytes_on_disk=_bytes_below(self._path),
        )

    def facets(self) -> Facets:
        """Return the labels, formats and times that pictures can be filtered by."""
        return self._catalog.facets()

    def image(self, id: int) -> ImageRecord:
        """Return what is known of a picture.

        Raises:
            ImageNotFoundError: there is none with this id.
        """
        record = self._catalog.records([id]).get(id)
        if record is None:
            raise ImageNotFoundError(id)
        return record

    def browse(self, filters: Filters = NO_FILTERS, k: int = 20, *, offset: int = 0) -> Browsed:
        """Return a part of the pictures that pass some filters, newest first, without a query.

        A picture's own time counts, or that of its file where it has none.

        Raises:
            InvalidValueError: k is below 1, or offset is negative.
        """
        page = Page(k, offset)
        ids, total = self._catalog.newest(filters, page.k, page.offset)
        records = self._catalog.records(ids)
        return Browsed(tuple(records[id] for id in ids if id in records), total)

    def keeps(self, image: ImageRecord) -> bool:
        """Whether the file of a picture is the gallery's own, so that it goes with the picture."""
        return self._files.owns(image.path)

    def thumbnail(self, id: int, longest_px: int = 320) -> bytes:
        """Return a picture as a WebP that fits a square of so many pixels, never enlarged.

        Raises:
            ImageNotFoundError: there is no picture with this id.
            ImageUnreadableError: its file cannot be read any longer, or holds another picture.
            InvalidValueError: longest_px is below 1.
        """
        if longest_px < 1:
            raise InvalidValueError("longest_px", longest_px, "1 or more")
        return self._files.thumbnail(self.image(id), longest_px)

    # Changing it

    def sync(
        self,
        paths: str | Path | Sequence[str | Path] | None = None,
        *,
        force: bool = False,
        retry: bool = False,
        progress: Callable[[Progress], None] = lambda progress: None,
    ) -> SyncReport:
        """Bring the gallery into agreement with picture files; return what was done.

        Only what is new or changed is embedded. A moved file keeps its vector. A file that cannot
        be read is reported and recorded, and never stops the run. Whatever way the run ends, all
        but the last two batches of it are kept, and the next run goes on from there.

        Args:
            paths: Files, folders and globs; the folders are remembered. None: all that was given
                before.
            force: Drop pictures that vanished or went bad even if they are more than half of the
                gallery, and forget folders that are gone.
            retry: Try files again that could not be read before and have not changed since.
            progress: Called often, from this thread.

        Raises:
            SourceNotFoundError: a path is not there. Nothing was changed.
            FolderGoneError: a remembered folder is not there. Nothing was changed.
            InvalidValueError: no paths were given, now or before, or one is the gallery's own.
            VanishedError: more than half of the gallery is gone, and ``force`` is False. Nothing
                was dropped; all that is new is in.
            GalleryBusyError: another process is changing the gallery.
            ModelMismatchError: the gallery's own model is asked for in another precision class.
            DiskFullError: there is no room. What was committed is kept.
        """
        sources = self._remembered(force=force) if paths is None else self._named(paths)
        settings = SyncSettings(
            force, retry, self._threads, self._max_megapixels, everything=paths is None
        )
        with self._catalog.writer("sightline index", wait_s=PATIENCE_S):
            spec = self._model.begin_writing()
            try:
                report = sync(
                    self._catalog,
                    self.encoder,
                    sources,
                    settings,
                    model=spec,
                    exclude=(self._path,),
                    report=progress,
                    before_vectors=lambda: self._model.keep_probes(spec),
                )
            except BaseException:
                # What was committed can be found at once; but the first error is the one to tell.
                with suppress(SightlineError):
                    self._index.save(spec)
                raise
            if force:
                gone = [source.root for source in sources if not os.path.exists(source.root)]
                self._catalog.commit(Batch(removed_folders=gone))
            progress(Progress("indexing", 0, None))
            self._index.save(spec)
        return report

    def add(self, data: bytes, *, name: str = "", labels: Sequence[str] = ()) -> Added:
        """Keep a copy of a picture and index it: the next search finds it. Return its record.

        A picture whose content is here already is not kept twice; it gets the labels, too.

        Args:
            data: The bytes of a picture file.
            name: What to call it. The file itself is stored under a name of the gallery's own.
            labels: What to find it by later.

        Raises:
            ImageUnreadableError: it is no picture, or a damaged one; nothing was kept.
            InvalidValueError: a label is empty or too long.
            GalleryBusyError: another process is changing the gallery.
            ModelMismatchError: the gallery's own model is asked for in another precision class.
            DiskFullError: there is no room; nothing was kept.
        """
        return self._pictures.add(data, name, labels)

    def set_labels(self, id: int, labels: Sequence[str]) -> ImageRecord:
        """Let a picture have these labels and no others; return its record.

        Raises:
            ImageNotFoundError: there is no picture with this id.
            InvalidValueError: a label is empty or too long.
            GalleryBusyError: another process is changing the gallery.
        """
        return self._pictures.set_labels(id, labels)

    def tidy(self) -> int:
        """Delete files of the gallery's own that nothing leads to any longer; return how many.

        A process that was killed in the middle of an upload leaves such a file.

        Raises:
            GalleryBusyError: another process is changing the gallery.
        """
        return self._pictures.tidy()

    def remove(
        self, *, ids: Sequence[int] = (), paths: str | Path | Sequence[str | Path] = ()
    ) -> int:
        """Take pictures out of the gallery; return how many.

        Their files stay as they are, but for those that the gallery was given to keep.

        Args:
            ids: Of pictures; unknown ones are passed over.
            paths: Picture files, or folders with all below; such a folder is no longer remembered.

        Raises:
            InvalidValueError: a path is empty.
            GalleryBusyError: another process is changing the gallery.
        """
        return self._pictures.remove(ids, as_paths(paths))

    def missing(self) -> int:
        """Return how many pictures have no vector of this model, so that no search finds them."""
        return self._catalog.missing(self._model.likely_spec())

    # Searching it

    def search(self, query: Query, k: int = 20, *, prompt: str | None = None) -> list[Hit]:
        """Return the k pictures that match best, best first; fewer if there are fewer.

        The search is exact: ids and scores are those of a comparison with every stored vector.

        Args:
            query: Words, pictures, or both, or a picture and an instruction; and what to keep away
                from.
            k: How many, from 1.
            prompt: The sentence that words are put into, with ``{query}`` where they go; the
                model's own if None.

        Raises:
            InvalidValueError: k is below 1, or the prompt makes no sense.
            ModelMismatchError: the gallery has no vectors of this model, nor of one that counts as
                the same.
            ModelLacksTextError: there are words, and the model reads pictures only.
            ImageUnreadableError: a query picture cannot be read.
        """
        return list(self.find(query, k, prompt=prompt).hits)

    def find(
        self,
        query: Query,
        k: int = 20,
        *,
        offset: int = 0,
        min_score: float | None = None,
        prompt: str | None = None,
        words: WordsSettings | None = None,
    ) -> SearchResult:
        """Return a part of the ranked answers, with how long each step took.

        That of a query with an instruction tells how it was composed, too.

        Args:
            query: As for ``search``.
            k: How many, from 1.
            offset: How many of the best to leave out.
            min_score: Leave out what scores lower.
            prompt: As for ``search``.
            words: Which captioners and composers are asked; what needs nothing, if None.

        Raises:
            InvalidValueError: a number is out of range, or the prompt makes no sense.
            ImageNotFoundError: the query names a picture that the gallery does not have.
            VectorMissingError: such a picture was never seen by this model.
            ModelMismatchError: as for ``search``; and what else that raises.
            SightlineError: a composed query cannot be composed; see ``Composing.compose``.
        """
        page = Page(k, offset, min_score)
        if query.mode is None:
            return self._search.find(query, page, prompt)
        return self._composing.find(query, page, prompt, words or WordsSettings())

    def similar(
        self,
        id: int,
        k: int = 20,
        *,
        offset: int = 0,
        min_score: float | None = None,
        filters: Filters = NO_FILTERS,
    ) -> SearchResult:
        """Return the pictures most like one of the gallery's own, which itself is left out.

        Raises:
            ImageNotFoundError: there is no picture with this id.
            VectorMissingError: it was never seen by this model.
            InvalidValueError: a number is out of range.
        """
        return self._search.similar(id, Page(k, offset, min_score), filters)

    def composing(
        self, settings: WordsSettings | None = None, *, prompt: str | None = None
    ) -> Composing:
        """Return what composes searches of this gallery: a picture and an instruction, one search.

        What ``find`` does at once, in steps that can be looked at and edited:

        >>> composing = gallery.composing()
        >>> asked = Query(images=["car.jpg"], instruction="the same, but red and at night")
        >>> composition = composing.compose(asked)
        >>> hits = gallery.find_composed(composition, k=10).hits

        Args:
            settings: Which captioners and composers are asked; what needs nothing, if None.
            prompt: As for ``search``.

        Raises:
            WordsSourceNotFoundError: no captioner, or no composer, has a name that is named.
            ModelMismatchError: as for ``search``.
        """
        return self._composing.composing(settings or WordsSettings(), prompt)

    def find_composed(
        self,
        composition: Composition,
        k: int = 20,
        *,
        offset: int = 0,
        min_score: float | None = None,
        filters: Filters = NO_FILTERS,
    ) -> SearchResult:
        """Return a part of the ranked answers to a composed search.

        A score is the cosine of a picture and ``composition.vector``. In ``fusion`` the order is
        that of the fused scores, which are no cosines; in all other modes it is that of the scores.

        Args:
            composition: What ``composing().compose`` made.
            k: How many, from 1.
            offset: How many of the best to leave out.
            min_score: Leave out what scores lower.
            filters: As in a ``Query``.

        Raises:
            InvalidValueError: a number is out of range.
            VectorShapeError: the composition is of another model.
        """
        return self._search.composed(composition, Page(k, offset, min_score), filters)

    def vector_of(self, id: int) -> Vectors:
        """Return the vector that a picture of the gallery is found by, unit float32, shape (d,).

        Raises:
            ImageNotFoundError: there is no picture with this id.
            VectorMissingError: it was never seen by this model.
        """
        return self._search.vector_of(id)

    def nearest(self, vector: Vectors, k: int = 20) -> list[Hit]:
        """Return the k pictures most similar to a unit vector of shape (1, d), best first.

        Args:
            vector: Of the gallery's model, whichever tower it is from.
            k: How many, from 1.

        Raises:
            VectorShapeError: vector is not float32 of shape (1, d).
            InvalidValueError: k is below 1.
            ModelMismatchError: the gallery has no vectors of this model, nor of one that counts as
                the same.
        """
        return list(self._search.nearest(vector, k).hits)

    def nearest_of_each(self, vectors: Vectors, k: int) -> Neighbours:
        """Return the k pictures most similar to each of many unit vectors, shape (q, d), at once.

        The same ids and scores as ``nearest`` gives one by one, without the pictures' records.

        Args:
            vectors: Of the gallery's model, whichever tower they are from.
            k: How many, from 1. Short results are padded with id -1 and score -inf.

        Raises:
            VectorShapeError: vectors is not float32 of shape (q, d).
            InvalidValueError: k is below 1.
            ModelMismatchError: the gallery has no vectors of this model, nor of one that counts as
                the same.
        """
        return self._search.nearest_of_each(vectors, k)

    def stored_vectors(self) -> tuple[Ids, Vectors]:
        """Return the id (n,) and unit row (n, d) of every picture that this model has seen.

        Ascending by id, and read only.
        """
        return self._search.stored_vectors()

    def ids_by_path(self) -> dict[Path, int]:
        """Return the id of every picture by its path."""
        return {path: file.id for path, file in self._catalog.files().items()}

    # Judging it

    def judge(self, judgements: Judgement | Sequence[Judgement]) -> None:
        """Remember what someone said of answers; the last word on a picture counts.

        Args:
            judgements: One or many. ``Question(text, picture)`` says what was asked.

        Raises:
            InvalidValueError: a picture is not in the gallery, or a grade is negative.
            GalleryBusyError: another process is changing the gallery.
        """
        some = [judgements] if isinstance(judgements, Judgement) else judgements
        self._pictures.judge(some)

    def take_back(self, judgements: Judgement | Sequence[Judgement]) -> int:
        """Forget what was said of pictures; return how many judgements there were.

        Raises:
            GalleryBusyError: another process is changing the gallery.
        """
        some = [judgements] if isinstance(judgements, Judgement) else judgements
        return self._pictures.take_back(some)

    def judgements(self) -> tuple[Judgement, ...]:
        """Return all that was said of answers, by question in the order these were asked."""
        return tuple(self._catalog.judgements())

    def records(self, ids: Sequence[int] | None = None) -> dict[int, ImageRecord]:
        """Return the records of pictures by their ids; of all, if none are named.

        Unknown ids are left out.
        """
        wanted = list(self.ids_by_path().values()) if ids is None else ids
        return self._catalog.records(wanted)

    # Inside

    def _named(self, paths: str | Path | Sequence[str | Path]) -> list[Source]:
        sources = named_sources(paths)
        own = is_under([self._path])
        inside = next((source.path for source in sources if own(source.path)), None)
        if inside is not None:
            raise InvalidValueError("a folder to index", str(inside), "outside of the gallery")
        if not sources:
            raise InvalidValueError("the folders to index", [], "named")
        return sources

    def _remembered(self, *, force: bool) -> list[Source]:
        folders = list(self.folders)
        missing = next((folder for folder in folders if not os.path.isdir(folder)), None)
        if missing is not None and not force:
            raise FolderGoneError(missing)
        if not folders and not len(self):
            raise InvalidValueError("the folders to index", [], "named, as the gallery is new")
        return [Source.named(folder) for folder in folders]


def _bytes_below(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # a journal comes and goes with its writer
                total += os.stat(os.path.join(place, name)).st_size
    return total
