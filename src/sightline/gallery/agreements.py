"""What a gallery keeps to tell whether another model's files compute the same vectors."""

from __future__ import annotations

from contextlib import suppress

from sightline.errors import GalleryBusyError, StorageError
from sightline.gallery.identity import AGREEMENT, differences, mark_of
from sightline.gallery.probes import Need, Prober, unpacked
from sightline.protocols import Encoder, GalleryStore
from sightline.types import Batch, ModelSpec


class Agreements:
    """Measures an encoder against the models that made a gallery's vectors, by their probes.

    Safe to share by threads: at worst two of them measure the same.

    Args:
        store: Keeps the probes of each stored model, and which others agreed with them.
        encoder: Whose vectors are to be compared with stored ones.
    """

    def __init__(self, store: GalleryStore, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder
        self._prober = Prober(encoder)

    def cosine(self, stored: ModelSpec, need: Need) -> float | None:
        """Return how well the encoder agrees with a stored model; None if nothing can tell.

        What agreed once is noted and answered with 1.0 from then on, without running anything:
        both digests are part of the note, so neither model can have changed.

        Args:
            stored: Differs from the encoder's spec only in what ``can_be_measured``.
            need: What the two are to be compared for.
        """
        if need in self._noted(stored):
            return 1.0
        probes = unpacked(self._store.setting(_probes_key(stored)), stored.dimensions)
        if probes is None:
            return None
        cosine = self._prober.agreement(probes, need)
        if cosine >= AGREEMENT:
            self._note(stored, need)
        return cosine

    def keep_probes(self, stored: ModelSpec) -> None:
        """Store the encoder's probes as those of a model that it is, if that has none yet.

        The caller holds ``store.writer()``.
        """
        key = _probes_key(stored)
        if differences(stored, self._encoder.spec):
            return
        if unpacked(self._store.setting(key), stored.dimensions) is None:
            self._store.commit(Batch(settings={key: self._prober.probes().packed()}))

    def _noted(self, stored: ModelSpec) -> Need:
        noted = self._store.setting(self._note_key(stored)) or "0"
        return Need(int(noted)) if noted in {"1", "2", "3"} else Need(0)

    def _note(self, stored: ModelSpec, need: Need) -> None:
        both = self._noted(stored) | need
        # A search must not fail because it cannot spare the next one the work.
        with suppress(GalleryBusyError, StorageError):
            self._store.commit(Batch(settings={self._note_key(stored): str(both.value)}))

    def _note_key(self, stored: ModelSpec) -> str:
        return f"agrees:{mark_of(stored)}:{mark_of(self._encoder.spec)}"


def _probes_key(spec: ModelSpec) -> str:
    return f"probes:{mark_of(spec)}"
