"""The model of a gallery: which encoder it is, and which stored vectors are as good as its own."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sightline.encoders import load_model
from sightline.encoders.installed import known_models
from sightline.errors import ModelMismatchError
from sightline.gallery.agreements import Agreements
from sightline.gallery.identity import (
    AGREEMENT,
    INT8,
    Difference,
    can_be_measured,
    differences,
    precision_class,
)
from sightline.gallery.probes import EVERYTHING, Need
from sightline.protocols import Encoder, GalleryStore
from sightline.system.paths import absolute
from sightline.types import Batch, ModelSpec

DEFAULT_MODEL = "clip-vit-l14"
"""The model of a new gallery for which none is named: one that knows photographs."""

_DRAWN_MODEL = "mini"
_SETTING = "model"


@dataclass(frozen=True, slots=True)
class AskedModel:
    """What a gallery was opened with.

    Attributes:
        model: A name of the model table, a folder with ONNX files, or an encoder. None: the one
            that the gallery was made with.
        precision: The arithmetic, as ``load_model`` takes it. For None and "auto" a gallery that
            was made in int8 goes on in int8.
        device: What the model runs on.
        threads: For the model; 0 means one for each core.
    """

    model: str | Path | Encoder | None = None
    precision: str | None = None
    device: str = "cpu"
    threads: int = 0


def default_model_for(folders: Sequence[Path]) -> str:
    """Return the model for a new gallery of these pictures, if none is named.

    ``mini`` for collections that ``sightline scenes`` drew, as it knows nothing else; for all
    other pictures, and for no folders, ``DEFAULT_MODEL``.
    """
    drawn = bool(folders) and all(is_drawn(folder) for folder in folders)
    return _DRAWN_MODEL if drawn else DEFAULT_MODEL


def is_drawn(path: Path) -> bool:
    """Return whether a path is a collection that was drawn, or a file or folder of its pictures."""
    path = path.resolve()
    inside = (folder.parent for folder in (path, *path.parents) if folder.name == "pictures")
    return any(_has_recipe(home) for home in (path, *inside))


def _has_recipe(folder: Path) -> bool:
    """Whether a collection says here how it was drawn. Other programs have files of that name."""
    try:
        recipe = json.loads((folder / "collection.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(recipe, dict) and {"format", "drawing"} <= recipe.keys()


class GalleryModel:
    """Loads a gallery's encoder, and finds the stored vectors that it may be compared with.

    The rule is written in ``docs/adr/0009-which-models-count-as-one.md``. Safe to share by threads.
    """

    def __init__(self, store: GalleryStore, asked: AskedModel) -> None:
        self._store = store
        self._asked = asked
        self._loaded: Encoder | None = None
        self._adapt: Callable[[Encoder], Encoder] | None = None
        self._adapted: Encoder | None = None
        self._agreements: Agreements | None = None
        self._settled: dict[Need, ModelSpec] = {}
        self._mutex = threading.RLock()

    @property
    def source(self) -> str | Path | Encoder:
        """What was asked for, or what the gallery remembers, or the default of a new one."""
        return self._asked.model or self._store.setting(_SETTING) or DEFAULT_MODEL

    @property
    def encoder(self) -> Encoder:
        """The model, loaded when it is first asked for.

        Raises:
            ModelNotFoundError: no model has the name, and no folder has it.
            ModelNotFetchedError: it is in the table, and not on this machine.
            ModelFilesError: its files are incomplete or broken.
        """
        with self._mutex:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    @property
    def for_queries(self) -> Encoder:
        """What embeds queries: the model itself, unless ``adapt`` was called."""
        with self._mutex:
            if self._adapt is None:
                return self.encoder
            if self._adapted is None:
                self._adapted = self._adapt(self.encoder)
            return self._adapted

    def adapt(self, adapt: Callable[[Encoder], Encoder] | None) -> None:
        """Let queries be embedded by what a function makes of the model; None for the model."""
        with self._mutex:
            self._adapt, self._adapted = adapt, None

    def spec_for(self, need: Need) -> ModelSpec:
        """Return under which spec the vectors are that such a query is compared with.

        It is the encoder's own spec, or that of a model which counts as the same. In a gallery
        without vectors it is the encoder's own.

        Raises:
            ModelMismatchError: all the vectors here are of other models.
        """
        settled = self._settled.get(need)
        if settled is not None:
            return settled
        stored = self._stored()
        if not stored:
            return self._own
        match = self._match(stored, need)
        if match.spec is None:
            raise self._mismatch(stored, match)
        # For good: a model that has vectors here is never forgotten.
        self._settled[need] = match.spec
        return match.spec

    def likely_spec(self) -> ModelSpec:
        """Return the spec that queries were compared with, or what the digests alone can tell."""
        settled = next(iter(tuple(self._settled.values())), None)
        return settled or self._same(self._stored()) or self._own

    def begin_writing(self) -> ModelSpec:
        """Return under which spec the encoder's vectors are to be stored; remember its name.

        The caller holds ``store.writer()``.

        Raises:
            ModelMismatchError: it is the gallery's own model in another precision class, which
                would embed everything anew where nobody asked for another model.
        """
        stored = self._stored()
        match = self._match(stored, EVERYTHING)
        if match.spec is None and self._is_in_another_class(stored):
            raise self._mismatch(stored, match)
        self._remember_name()
        # What was settled before may have a better answer now: vectors of the encoder's very own.
        self._settled = {} if match.spec is None else {EVERYTHING: match.spec}
        return match.spec or self._own

    def keep_probes(self, spec: ModelSpec) -> None:
        """Store the encoder's probes beside the first vectors that go under a spec."""
        self._measured_by().keep_probes(spec)

    # Loading and naming

    @property
    def _own(self) -> ModelSpec:
        return self.encoder.spec

    def _load(self) -> Encoder:
        source = self.source
        if not isinstance(source, str | Path):
            return source
        asked, precision = self._asked, self._precision()
        return load_model(source, threads=asked.threads, precision=precision, device=asked.device)

    def _precision(self) -> str | None:
        asked = self._asked.precision
        if asked not in (None, "auto") or not self._is_the_gallerys_own():
            return asked
        first = next(iter(self._stored()), None)
        return INT8 if first is not None and precision_class(first.precision) == INT8 else asked

    def _is_the_gallerys_own(self) -> bool:
        """Whether the model is the one that the gallery was made with, going by its name."""
        asked = self._asked.model
        if asked is None:
            return True
        remembered = self._store.setting(_SETTING)
        return isinstance(asked, str | Path) and _as_remembered(asked) == remembered

    def _remember_name(self) -> None:
        """Let the gallery be opened without naming its model from now on."""
        asked = self._asked.model or DEFAULT_MODEL
        if not isinstance(asked, str | Path):
            return
        before = self._store.setting(_SETTING)
        # A model folder that was moved is found again; another model beside it changes nothing.
        lost = before is not None and not os.path.isdir(before) and before not in known_models()
        if before is None or (lost and self._asked.model is not None):
            self._store.commit(Batch(settings={_SETTING: _as_remembered(asked)}))

    # Comparing

    def _stored(self) -> Mapping[ModelSpec, int]:
        """Every model that has vectors here, in the order they came."""
        return {spec: count for spec, count in self._store.models().items() if count}

    def _same(self, stored: Mapping[ModelSpec, int]) -> ModelSpec | None:
        """The stored model that is the encoder's by its digests; of several, the fullest."""
        if self._own in stored:
            return self._own
        same = [spec for spec in stored if not differences(spec, self._own)]
        return max(same, key=lambda spec: stored[spec], default=None)

    def _match(self, stored: Mapping[ModelSpec, int], need: Need) -> _Match:
        same = self._same(stored)
        if same is not None:
            return _Match(same)
        cosines = {}
        for spec in stored:
            if can_be_measured(differences(spec, self._own)):
                cosine = self._measured_by().cosine(spec, need)
                if cosine is not None and cosine >= AGREEMENT:
                    return _Match(spec)
                cosines[spec] = cosine
        return _Match(None, cosines)

    def _measured_by(self) -> Agreements:
        with self._mutex:
            if self._agreements is None:
                self._agreements = Agreements(self._store, self.encoder)
            return self._agreements

    def _is_in_another_class(self, stored: Mapping[ModelSpec, int]) -> bool:
        """Whether the gallery's own model is asked for in a precision it was not made in."""
        if not self._is_the_gallerys_own():
            return False
        classes = {precision_class(spec.precision) for spec in stored}
        return bool(classes) and precision_class(self._own.precision) not in classes

    def _mismatch(self, stored: Mapping[ModelSpec, int], match: _Match) -> ModelMismatchError:
        # The one that came nearest tells most; the others are merely other models.
        nearest = min(
            stored, key=lambda spec: (len(differences(spec, self._own)), -(match.of(spec) or 0.0))
        )
        return ModelMismatchError(
            " and ".join(_label(spec, self._own) for spec in stored),
            _label(self._own, *stored),
            _told(differences(nearest, self._own), match.of(nearest)),
            self._remedy(nearest),
        )

    def _remedy(self, stored: ModelSpec) -> str:
        is_own, asked = self._is_the_gallerys_own(), self._asked.model
        if is_own and Difference.PRECISION in differences(stored, self._own):
            made_in = INT8 if stored.precision == INT8 else "float32"
            return f"pass --precision {made_in}, or index into another --gallery"
        if is_own:
            return "bring it up to date with `sightline index`"
        named = asked if isinstance(asked, str | Path) else self._own.name
        return f"leave --model out, or add its vectors with `sightline index --model {named}`"


@dataclass(frozen=True, slots=True)
class _Match:
    """The stored model that counts as the encoder's, or None and the cosines of the others.

    A cosine is missing, or None, where nothing could be measured.
    """

    spec: ModelSpec | None
    cosines: Mapping[ModelSpec, float | None] = field(default_factory=dict)

    def of(self, spec: ModelSpec) -> float | None:
        return self.cosines.get(spec)


def _as_remembered(model: str | Path) -> str:
    is_name = isinstance(model, str) and model in known_models()
    return str(model) if is_name else str(absolute(model))


def _told(between: Sequence[Difference], cosine: float | None) -> str:
    told = " and ".join(between)
    if cosine is None:
        return told
    return f"{told} (vectors of one thing have a cosine of {cosine:.3f}, and {AGREEMENT} is needed)"


def _label(spec: ModelSpec, *others: ModelSpec) -> str:
    """Return a model's name, with what tells it from another model of that name."""
    if any(other.name == spec.name and other != spec for other in others):
        return f"{spec.name} (weights {spec.digest[:8]}, {spec.precision})"
    return spec.name
