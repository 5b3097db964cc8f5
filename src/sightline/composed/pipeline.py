"""The way from a picture and an instruction to one vector: caption, compose, embed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from sightline.composed.fusion import fusion_of
from sightline.composed.memory import (
    CAPTION,
    TARGET,
    Forgetful,
    Memory,
    key_of,
    read_target,
    target_text,
)
from sightline.composed.parts import agreement_of, parts_of, texts_of, vector_of
from sightline.errors import InvalidValueError, SightlineError
from sightline.images import bytes_hash, read
from sightline.protocols import Captioner, Composer, VectorCaptioner
from sightline.system.paths import absolute
from sightline.types import Cropped, ImageSource, Indexed, Query, Vectors
from sightline.types.composition import (
    COMPOSING,
    Caption,
    Composed,
    Composition,
    Cost,
    FellBack,
    Fusion,
    Mode,
    Statistics,
    StepTaken,
    Target,
)

if TYPE_CHECKING:
    from PIL import Image

AnyCaptioner: TypeAlias = "Captioner | VectorCaptioner"
Pixels: TypeAlias = "Callable[[ImageSource, int], Image.Image]"

T = TypeVar("T")

DEFAULT_BUDGET_S = 10.0
# A captioner's picture: BLIP takes 384, and chat models little more than that.
_CAPTION_PX = 448


@dataclass(frozen=True, slots=True)
class Eyes:
    """What turns pictures and texts into vectors and pixels; a gallery has one.

    Attributes:
        embed_images: Pictures to unit rows, shape (q, d).
        embed_texts: Texts to unit rows, shape (q, d), with the model's prompt around them.
        pixels: A picture, and the shortest edge it will be used at, to an RGB image.
        statistics: How scores are spread in the gallery; asked for in ``fusion`` only.
    """

    embed_images: Callable[[Sequence[ImageSource]], Vectors]
    embed_texts: Callable[[Sequence[str]], Vectors]
    pixels: Pixels
    statistics: Callable[[], Statistics]


class Composing:
    """Composes searches: every step is told, and no step is done twice.

    Captioners and composers are asked in order until one can answer; the answer says which could
    not, and why. Parts that the query brings along are taken as they are. Safe to share by threads
    if its captioners and composers are.

    Args:
        eyes: The gallery's model.
        captioners: Asked in this order. The last should be one that always answers.
        composers: Likewise.
        memory: Keeps captions and targets.
        budget_s: How long captioners and composers may take together. What does not keep to it is
            not asked again when it is over: the last of each is asked whatever the time.
    """

    def __init__(
        self,
        eyes: Eyes,
        captioners: Sequence[AnyCaptioner],
        composers: Sequence[Composer],
        *,
        memory: Memory | None = None,
        budget_s: float = DEFAULT_BUDGET_S,
    ) -> None:
        if not captioners or not composers:
            raise InvalidValueError("the captioners and composers", "none", "at least one of each")
        if not budget_s > 0:
            raise InvalidValueError("the time to compose in", budget_s, "above 0 seconds")
        self._eyes = eyes
        self._captioners = tuple(captioners)
        self._composers = tuple(composers)
        self._memory = memory or Forgetful()
        self._budget_s = budget_s

    @property
    def captioners(self) -> tuple[AnyCaptioner, ...]:
        """What is asked what a picture shows, in this order."""
        return self._captioners

    @property
    def composers(self) -> tuple[Composer, ...]:
        """What is asked what is wanted, in this order."""
        return self._composers

    def statistics(self) -> Statistics:
        """Return how scores are spread in the gallery, as ``fusion`` takes it.

        Raises:
            EmptyGalleryError: it has no pictures.
        """
        return self._eyes.statistics()

    def compose(self, query: Query) -> Composition:
        """Return one search, and how it came about.

        Raises:
            InvalidValueError: the query has no mode, since it has no instruction.
            SightlineError: the last captioner or composer could not answer either, the picture
                cannot be read, or nothing is left to search for.
        """
        run = _Run(self._eyes, query, self._budget_s)
        if run.mode in COMPOSING:
            self._find_words(run)
        return run.composition()

    def caption(self, image: ImageSource) -> Composition:
        """Return only what a picture shows: a composition without a target, in ``Mode.IMAGE``."""
        run = _Run(self._eyes, Query(images=[image], mode=Mode.IMAGE), self._budget_s)
        self._say(run)
        return run.composition()

    # Words

    def _find_words(self, run: _Run) -> None:
        query = run.query
        if query.target is not None:
            run.caption, run.target = query.caption or "", query.target
            run.captioner = "given" if query.caption else ""
            run.composer = "given"
            return
        if query.caption is not None:
            run.caption, run.captioner = query.caption, "given"
        else:
            self._say(run)
        self._merge(run)

    def _say(self, run: _Run) -> None:
        picture = run.picture_key()
        for captioner in self._captioners:
            key = key_of(picture, captioner.identity)
            with run.step("caption") as step:
                kept = self._memory.kept(CAPTION, key)
                step.source = captioner.name if kept is None else f"{captioner.name}, kept"
                said = Caption(kept) if kept is not None else self._asked(captioner, run)
                step.cost = said.cost if said is not None else Cost()
            if said is not None:
                if kept is None:
                    self._memory.keep(CAPTION, key, said.text)
                run.caption, run.captioner = said.text, captioner.name
                return

    def _asked(self, captioner: AnyCaptioner, run: _Run) -> Caption | None:
        def ask(within_s: float) -> Caption:
            if isinstance(captioner, VectorCaptioner):
                return captioner.caption_vectors(run.image)[0]
            return captioner.caption([run.pixels()], within_s=within_s)[0]

        last = captioner is self._captioners[-1]
        return run.answer_of("caption", captioner.name, ask, last=last)

    def _merge(self, run: _Run) -> None:
        instruction = run.query.instruction
        for composer in self._composers:
            key = key_of(composer.identity, run.caption, instruction)
            with run.step("compose") as step:
                text = self._memory.kept(TARGET, key) if composer.identity else None
                kept = None if text is None else read_target(text)
                step.source = composer.name if kept is None else f"{composer.name}, kept"
                merged = Composed(kept) if kept is not None else self._merged(composer, run)
                step.cost = merged.cost if merged is not None else Cost()
            if merged is not None:
                if kept is None and composer.identity:
                    self._memory.keep(TARGET, key, target_text(merged.target))
                run.target, run.composer = merged.target, composer.name
                return

    def _merged(self, composer: Composer, run: _Run) -> Composed | None:
        def ask(within_s: float) -> Composed:
            return composer.compose(run.caption, run.query.instruction, within_s=within_s)

        last = composer is self._composers[-1]
        return run.answer_of("compose", composer.name, ask, last=last)


@dataclass(slots=True)
class _OpenStep:
    """A step while it runs."""

    source: str = ""
    cost: Cost = field(default_factory=Cost)


class _Run:
    """One query on its way. Used by one thread."""

    def __init__(self, eyes: Eyes, query: Query, budget_s: float) -> None:
        if query.mode is None:
            raise InvalidValueError("the instruction", query.instruction, "at least one word")
        self.query = query
        self.mode = query.mode
        self.caption = ""
        self.captioner = ""
        self.target: Target | None = None
        self.composer = ""
        self._eyes = eyes
        self._deadline_s = time.monotonic() + budget_s
        self._fell_back: list[FellBack] = []
        self._steps: list[StepTaken] = []
        self._image: Vectors | None = None

    # Steps and time

    @contextmanager
    def step(self, name: str, source: str = "") -> Iterator[_OpenStep]:
        """Time what happens inside, less the steps that were taken there."""
        step, began, before = _OpenStep(source), time.perf_counter(), len(self._steps)
        yield step
        inside = sum(taken.milliseconds for taken in self._steps[before:])
        spent = (time.perf_counter() - began) * 1000 - inside
        self._steps.append(StepTaken(name, step.source, spent, step.cost))

    def answer_of(self, step: str, name: str, ask: Callable[[float], T], *, last: bool) -> T | None:
        """Return an answer within the seconds that are left; None, and a note, if there is none.

        Raises:
            SightlineError: nobody is left to ask instead.
        """
        left_s = self._deadline_s - time.monotonic()
        if left_s <= 0 and not last:
            self._fell_back.append(FellBack(step, name, "no time was left to ask it"))
            return None
        try:
            return ask(max(left_s, 0.0))
        except SightlineError as error:
            if last:
                raise
            self._fell_back.append(FellBack(step, name, str(error)))
            return None

    # The picture

    @property
    def image(self) -> Vectors:
        """The unit vector of the picture or of several, shape (1, d), made when it is needed."""
        if self._image is None:
            with self.step("picture", "model"):
                rows = self._eyes.embed_images(self.query.images)
                self._image = rows if len(rows) == 1 else vector_of([(1.0, rows)])
        return self._image

    def pixels(self) -> Image.Image:
        """Return the picture for a captioner.

        Raises:
            InvalidValueError: there are several, of which only the vector has what they share.
        """
        if len(self.query.images) != 1:
            raise InvalidValueError("the number of pictures", len(self.query.images), "one")
        return self._eyes.pixels(self.query.images[0], _CAPTION_PX)

    def picture_key(self) -> str:
        """Return what tells this picture from others: its content, or its vector."""
        source = self.query.images[0]
        if len(self.query.images) > 1 or isinstance(source, Indexed | Cropped):
            return hashlib.blake2b(self.image.tobytes(), digest_size=20).hexdigest()
        if isinstance(source, str | Path):
            return bytes_hash(read(absolute(source)))
        if isinstance(source, bytes):
            return bytes_hash(source)
        return bytes_hash(f"{source.mode} {source.size}".encode() + source.tobytes())

    # The vector

    def composition(self) -> Composition:
        """Return the search, with everything that led to it."""
        agreement, fusion = None, None
        match self.mode:
            case Mode.IMAGE:
                vector = self.image
            case Mode.TEXT:
                vector = self._words([self.query.instruction])
            case Mode.SUM:
                vector = self._sum(self._words([self.query.instruction]))
            case Mode.FUSION:
                vector, fusion = self._fused()
            case Mode.ROLES | Mode.PUBLISHED:
                vector, agreement = self._composed()
        if self.query.excluded_texts or self.query.excluded_images:
            vector, fusion = self._without_excluded(vector, fusion)
        return Composition(
            mode=self.mode,
            instruction=self.query.instruction,
            vector=vector,
            fusion=fusion,
            caption=self.caption,
            captioner=self.captioner,
            target=self.target,
            composer=self.composer,
            fell_back=tuple(self._fell_back),
            weights=self.query.weights,
            balance=self.query.balance,
            agreement=agreement,
            steps=tuple(self._steps),
        )

    def _without_excluded(
        self, vector: Vectors, fusion: Fusion | None
    ) -> tuple[Vectors, Fusion | None]:
        """Move a query away from what is excluded; in ``fusion``, each side from its own kind."""
        query, away, none = self.query, -self.query.excluded_weight, vector[:0]
        with self.step("excluded", "model"):
            texts = self._eyes.embed_texts(query.excluded_texts) if query.excluded_texts else none
            images = (
                self._eyes.embed_images(query.excluded_images) if query.excluded_images else none
            )
            moved = vector_of([(1.0, vector), (away, np.concatenate([texts, images]))])
            if fusion is None:
                return moved, None
            facts, words, image = fusion.statistics, fusion.words, fusion.image
            if len(texts):
                words = vector_of([(1.0, words), (away, texts - facts.text_mean)])
            if len(images):
                image = vector_of([(1.0, image), (away, images - facts.image_mean)])
            return moved, replace(fusion, words=words, image=image)

    def _words(self, texts: Sequence[str]) -> Vectors:
        with self.step("words", "model"):
            return self._eyes.embed_texts(texts)

    def _sum(self, words: Vectors) -> Vectors:
        return vector_of([(self.query.balance, words), (1 - self.query.balance, self.image)])

    def _fused(self) -> tuple[Vectors, Fusion]:
        words = self._words([self.query.instruction])
        with self.step("statistics", "gallery"):
            statistics = self._eyes.statistics()
        return self._sum(words), fusion_of(self.image, words, statistics)

    def _composed(self) -> tuple[Vectors, float | None]:
        target = self.target or Target(self.query.instruction)
        if self.mode is Mode.PUBLISHED:
            return self._words([target.text]), None
        # All texts in one batch: the model is fastest so.
        rows = self._words(texts_of(target))
        agreement = agreement_of(rows[: 1 + len(target.paraphrases)])
        image = self.image if self.query.weights.image else None
        return vector_of(parts_of(target, rows, image, self.query.weights)), agreement
