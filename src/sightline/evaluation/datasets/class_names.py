"""Words for ImageNet's classes, and the sentences that CLIP's authors put them into."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

_FOLDER = "sightline.evaluation.datasets"


@dataclass(frozen=True, slots=True)
class ImageNetClass:
    """One of the 1,000 classes.

    Attributes:
        wnid: Its WordNet id, such as "n01440764".
        clip: The name that CLIP's authors chose; two pairs of classes share one.
        lemma: WordNet's first lemma, which more pairs share ("crane" is a bird and a machine).
    """

    wnid: str
    clip: str
    lemma: str

    def name(self, names: str) -> str:
        """Return its name of one kind: "clip" or "wordnet"."""
        return self.clip if names == "clip" else self.lemma


def imagenet_classes() -> dict[str, ImageNetClass]:
    """Return the 1,000 classes by WordNet id, in their usual order."""
    rows = [line.split("\t") for line in _text("classes.tsv").splitlines()]
    return {wnid: ImageNetClass(wnid, clip, lemma) for wnid, clip, lemma in rows}


def templates(count: int) -> tuple[str, ...]:
    """Return 7 or 80 of CLIP's sentences, with ``{query}`` where a name goes; none for 0."""
    return tuple(_text(f"templates-{count}.txt").splitlines()) if count else ()


def put_into(name: str, sentences: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name in each of the sentences, or alone if there are none."""
    return tuple(sentence.replace("{query}", name) for sentence in sentences) or (name,)


def _text(file: str) -> str:
    return files(_FOLDER).joinpath("imagenet", file).read_text(encoding="utf-8")
