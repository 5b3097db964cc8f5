import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from sightline.composed.captioners.banks import Bank
from sightline.composed.captioners.blip import BlipCaptioner
from sightline.composed.captioners.chat import ChatCaptioner
from sightline.composed.captioners.tags import TagsCaptioner
from sightline.composed.chat import ChatSettings
from sightline.composed.composers.llm import LlmComposer
from sightline.composed.composers.rules import RulesComposer
from sightline.testing import ContractError, FakeEncoder, check_captioner, check_composer
from sightline.types.composition import Caption, Composed, Target
from tests.composed.captioners.test_blip import make_blip
from tests.composed.chat.llm_server import answers, llm_server, says


def test_the_captioners_that_ship_keep_their_promises(tmp_path: Path) -> None:
    check_captioner(TagsCaptioner(FakeEncoder().encode_texts, Bank("c", ("red", "blue"))))
    check_captioner(BlipCaptioner(make_blip(tmp_path / "blip")))
    with llm_server(says("a wall")) as server:
        check_captioner(ChatCaptioner(ChatSettings(server.url, timeout_s=60.0)))


def test_the_composers_that_ship_keep_their_promises() -> None:
    check_composer(RulesComposer())
    with llm_server(answers()) as server:
        check_composer(LlmComposer(ChatSettings(server.url, timeout_s=60.0)))


class Broken:
    """A captioner and composer that says what it was made with."""

    name = identity = "broken"

    def __init__(self, texts: Sequence[str] = (), target: Target | None = None) -> None:
        self._texts = texts
        self._target = target or Target("")

    def caption(self, images: Sequence[Image.Image], *, within_s: float) -> list[Caption]:
        return [Caption(text) for text in self._texts]

    def compose(self, caption: str, instruction: str, *, within_s: float = math.inf) -> Composed:
        return Composed(self._target)


@pytest.mark.parametrize("texts", [(), ("a", "b"), ("a", "b", " "), ("a", "b\nc", "d")])
def test_a_captioner_that_breaks_a_promise_is_told_which(texts: Sequence[str]) -> None:
    with pytest.raises(ContractError, match="Broken breaks its contract"):
        check_captioner(Broken(texts))


@pytest.mark.parametrize("target", [Target(" "), Target("t", desired=("",))])
def test_a_composer_that_breaks_a_promise_is_told_which(target: Target) -> None:
    with pytest.raises(ContractError, match="Broken breaks its contract"):
        check_composer(Broken(target=target))
