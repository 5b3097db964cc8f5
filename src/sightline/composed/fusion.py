"""Two score lists multiplied: composed search without a caption and without a language model.

After BASIC (Efthymiadis et al., 2025): what fits both the picture and the words well is worth more
than what fits one of them perfectly, and a product says so where a sum does not. Scores of pictures
and of words lie on different scales, so each is centred (the mean of its kind is taken away from
both sides) and brought to one scale by what is least and what is usual in the gallery:

    s'  = max(0, (s - least) / (usual - least))            1 for a picture like any other
    h   = s'_image * s'_text - harris * (s'_image + s'_text)^2

The second term is that of Harris and Stephens' corner detector (1988), where it tells a corner,
strong in both directions, from an edge, strong in one. BASIC also projects pictures to directions
that words for objects span; that needs a list of such words, and is left out here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.composed.parts import as_query
from sightline.indexes.exact import exact_scores
from sightline.types import Ids, Vectors
from sightline.types.composition import Fusion, Statistics

_BLOCK_ROWS = 65_536
_SAMPLE = 2_000
_PAIRED = 256


def gallery_statistics(rows: Vectors, texts: Vectors) -> Statistics:
    """Return how scores are spread among some pictures.

    Args:
        rows: Unit rows of pictures, evenly taken from the gallery, shape (n, d), n above 0.
        texts: Unit rows of texts about all sorts of things, shape (t, d), t above 0.
    """
    pictures, words = rows.astype(np.float64), texts.astype(np.float64)
    image_mean, text_mean = pictures.mean(axis=0), words.mean(axis=0)
    centred = pictures - image_mean
    by_image = _units(centred[:: max(1, len(rows) // _PAIRED)]) @ centred.T
    by_text = _units(words - text_mean) @ centred.T
    return Statistics(
        len(rows),
        image_mean.astype(np.float32),
        text_mean.astype(np.float32),
        float(by_image.min()),
        float(by_image.mean()),
        float(by_text.min()),
        float(by_text.mean()),
    )


def fusion_of(image: Vectors, words: Vectors, statistics: Statistics) -> Fusion:
    """Return both sides of a fused search, centred.

    Args:
        image: The picture's unit vector, shape (1, d).
        words: The instruction's, likewise.
        statistics: Of the gallery.

    Raises:
        CancelledQueryError: one of them is the mean of its kind.
    """
    return Fusion(
        as_query(image[0].astype(np.float64) - statistics.image_mean),
        as_query(words[0].astype(np.float64) - statistics.text_mean),
        statistics,
    )


def fused_scores(fusion: Fusion, rows: Vectors) -> NDArray[np.float64]:
    """Return h for each stored row, shape (n,)."""
    facts = fusion.statistics
    mean = facts.image_mean.astype(np.float64)
    image, words = fusion.image[0].astype(np.float64), fusion.words[0].astype(np.float64)
    scores = np.empty(len(rows))
    for block in _blocks(len(rows)):
        some = rows[block].astype(np.float64)
        near = _scaled(some @ image - mean @ image, facts.image_least, facts.image_usual)
        told = _scaled(some @ words - mean @ words, facts.text_least, facts.text_usual)
        scores[block] = near * told - fusion.harris * (near + told) ** 2
    return scores


@dataclass(frozen=True, slots=True)
class FusedBest:
    """The best of a fused search.

    Attributes:
        ids: Best first; equal ones by id, shape (m,).
        rows: Their stored rows, shape (m, d).
        fused: Their h, shape (m,).
    """

    ids: Ids
    rows: Vectors
    fused: NDArray[np.float64]

    def cosines(self, vector: Vectors) -> list[tuple[int, float]]:
        """Return every id with its cosine to a vector of shape (1, d), in the order of ``ids``."""
        scores = exact_scores(self.rows, vector[0])
        return [(int(id), float(score)) for id, score in zip(self.ids, scores, strict=True)]


def best_fused(fusion: Fusion, ids: Ids, rows: Vectors, k: int) -> FusedBest:
    """Return the k best pictures.

    Args:
        fusion: Both sides.
        ids: Of the rows, shape (n,).
        rows: Stored unit rows, shape (n, d).
        k: How many, at least 1.
    """
    scores = fused_scores(fusion, rows)
    order = np.lexsort((ids, -scores))[:k]
    return FusedBest(ids[order], rows[order], scores[order])


def sample_of(rows: Vectors, most: int = _SAMPLE) -> Vectors:
    """Return at most so many rows, evenly taken."""
    return rows[:: max(1, -(-len(rows) // most))]


def _scaled(scores: NDArray[np.float64], least: float, usual: float) -> NDArray[np.float64]:
    spread = max(usual - least, 1e-9)
    return np.asarray(np.maximum((scores - least) / spread, 0.0))


def _units(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9))


def _blocks(count: int) -> Iterator[slice]:
    for start in range(0, count, _BLOCK_ROWS):
        yield slice(start, start + _BLOCK_ROWS)


def numbers(statistics: Statistics) -> Sequence[float]:
    """Return the four scalars, for a stored form."""
    return (
        statistics.image_least,
        statistics.image_usual,
        statistics.text_least,
        statistics.text_usual,
    )
