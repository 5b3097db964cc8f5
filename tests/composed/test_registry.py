from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sightline.composed import Surroundings, WordsSettings, words_for
from sightline.composed.chat import ChatSettings
from sightline.protocols import VectorCaptioner
from sightline.testing import FakeEncoder
from sightline.types import Vectors


def test_nothing_is_embedded_before_a_picture_is_described() -> None:
    encoder, means = FakeEncoder(), []

    def image_mean() -> Vectors:
        means.append(1)
        return np.asarray(encoder.encode_texts(["grey"])[0])

    captioners, _ = words_for(WordsSettings(), Surroundings(encoder.encode_texts, image_mean))

    assert (encoder.texts_encoded, means) == (0, [])
    tags = captioners[0]
    assert isinstance(tags, VectorCaptioner)
    for _ in range(2):
        tags.caption_vectors(encoder.encode_texts(["red"]))
    assert means == [1], "and then it is asked once"


def blip_of(settings: WordsSettings, **around: str) -> object:
    captioners, _ = words_for(settings, Surroundings(_nothing, **around))  # type: ignore[arg-type]
    return captioners[0]


def _nothing(texts: Sequence[str]) -> Vectors:
    raise AssertionError(texts)


def test_another_key_for_the_language_model_loads_no_captioner_again(tmp_path: Path) -> None:
    settings = WordsSettings(captioners=("blip",), blip=str(tmp_path), chat=ChatSettings())

    first = blip_of(settings.with_key("sk-1"))

    assert blip_of(settings.with_key("sk-2")) is first
    assert blip_of(settings, device="cuda") is not first
    assert blip_of(WordsSettings(captioners=("blip",))) is not first
