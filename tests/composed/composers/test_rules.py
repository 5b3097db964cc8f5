import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.composed.composers.descriptions import kind_in, taken_apart
from sightline.composed.composers.lexicon import COLOUR, Facet, senses_of
from sightline.composed.composers.rules import RulesComposer
from sightline.types.composition import Target
from sightline_scenes import vocabulary
from sightline_scenes.changes import ChangeKind
from sightline_scenes.claims import Claims
from sightline_scenes.dice import Dice
from sightline_scenes.edits import random_edit
from sightline_scenes.kinds import Colour
from sightline_scenes.lots import draw_lots
from sightline_scenes.world import Scene

CAPTION = "a red car and a brown dog, on the beach at sunset in clear weather"


def composed(caption: str, instruction: str) -> Target:
    return RulesComposer().compose(caption, instruction).target


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        (
            "make the car blue",
            "a blue car and a brown dog, on the beach at sunset in clear weather",
        ),
        ("paint the automobile dark green", "a dark green car and a brown dog, on the beach at"),
        ("the hound should be black", "a red car and a black dog, on the beach"),
        ("at night", "a red car and a brown dog, on the beach in clear weather at night"),
        ("show it by day", "a red car and a brown dog, on the beach in clear weather by day"),
        ("make it rain", "a red car and a brown dog, on the beach at sunset in the rain"),
        ("on a foggy morning", "a red car and a brown dog, on the beach on a foggy morning"),
        ("in a forest", "a red car and a brown dog, at sunset in clear weather in a forest"),
        ("move it to a city street", "at sunset in clear weather in a city street"),
        ("without the dog", "a red car on the beach at sunset in clear weather"),
        ("no animals", "a red car on the beach at sunset in clear weather"),
        ("take the car away", "a brown dog on the beach at sunset in clear weather"),
        ("with a white horse", "a red car, a brown dog and a white horse, on the beach"),
        ("add two boats", "a red car, a brown dog and two boats, on the beach"),
        ("a cat instead of the dog", "a red car and a cat, on the beach"),
        ("replace the vehicle with a yellow bus", "a yellow bus and a brown dog, on the beach"),
        ("turn the dog into a fox", "a red car and a fox, on the beach"),
        ("change the car to white", "a white car and a brown dog, on the beach"),
        ("as a pencil sketch", "a pencil sketch of a red car and a brown dog, on the beach"),
        ("make it a watercolour", "a watercolour of a red car and a brown dog, on the beach"),
        ("in black and white", "at sunset in clear weather in black and white"),
        ("in white", "a white car and a brown dog, on the beach"),
        ("a bus instead", "a bus and a brown dog, on the beach"),
        ("make the car bigger", "a bigger red car and a brown dog, on the beach"),
        ("the same, but blue and at night", "a blue car and a brown dog, on the beach in clear"),
        ("remove the dog and the car", "on the beach at sunset in clear weather"),
        ("with a cat and a bird", "a red car, a brown dog, a cat and a bird, on the beach"),
        ("make the car blue and the dog white", "a blue car and a white dog, on the beach"),
        ("quite out of this world", f"{CAPTION}, quite out of this world"),
    ],
)
def test_an_instruction_changes_what_it_names_and_nothing_else(
    instruction: str, expected: str
) -> None:
    assert expected in composed(CAPTION, instruction).text


def test_what_goes_what_comes_and_what_stays_are_told_apart() -> None:
    target = composed(CAPTION, "make the car blue, without the dog and at night")

    assert target.desired == ("a blue car", "at night")
    assert target.forbidden == ("a red car", "a brown dog", "at sunset")
    assert target.preserve == ("on the beach", "in clear weather")


def test_a_weather_that_ends_leaves_clear_weather() -> None:
    target = composed("a boat at the lake at night in the fog", "without the fog")

    assert target.text == "a boat at the lake at night in clear weather"
    assert target.forbidden == ("in the fog", "fog")


def test_what_the_caption_does_not_show_is_still_forbidden_or_shown() -> None:
    assert composed("a street", "without cars").forbidden == ("some cars",)
    assert composed("a street", "make the car red").desired == ("a red car",)


def test_two_changes_of_one_thing_add_up() -> None:
    target = composed(CAPTION, "change the dog to a cat, make the cat white")

    assert target.desired == ("a white cat",)
    assert target.forbidden == ("a brown dog",)


@pytest.mark.parametrize(
    ("caption", "instruction", "expected"),
    [
        ("there is a man in a blue shirt on a street", "dress the man in red", "a man in a red"),
        ("a woman standing next to a horse", "without the horse", "a woman standing"),
        ("a dog in front of a house", "replace the dog with a cat", "a cat in front of a house"),
        ("a dog in front of a house", "remove the dog", "a house"),
        ("a photo of a grey t-shirt", "make it blue", "a blue t-shirt"),
        ("a red car parked on the side of a street at night", "by day", "a red car parked on the"),
        ("a sailing boat on the sea", "make the yacht white", "a white sailing boat on the sea"),
        ("", "a dog at night", "a dog at night"),
    ],
)
def test_captions_of_other_makers_are_understood_too(
    caption: str, instruction: str, expected: str
) -> None:
    assert composed(caption, instruction).text.startswith(expected)


def test_paraphrases_say_the_same_in_another_order() -> None:
    target = composed(CAPTION, "at night")

    assert target.paraphrases == (
        "a brown dog and a red car, on the beach in clear weather at night",
        "on the beach in clear weather at night, a red car and a brown dog",
    )


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_whatever_stops_it(caption: str, instruction: str) -> None:
    first, again = composed(caption, instruction), composed(caption, instruction)

    assert first == again


# Against the truth of drawn scenes ---------------------------------------------------------------

_COLOUR_OF = {word: colour for colour in Colour for word in vocabulary.COLOURS[colour]}


def plain_caption(scene: Scene) -> str:
    """Return a true caption in plain words, as a captioner that is always right would say it."""
    things = []
    for subject in scene.subjects:
        noun = vocabulary.NOUNS[subject.kind][0].text
        if subject.kind in vocabulary.CLOTHES:
            things.append(f"a {noun} in a {subject.colour} coat")
        else:
            first = "some" if subject.kind in vocabulary.PLURAL_KINDS else "a"
            things.append(f"{first} {subject.colour} {noun}")
    around = (
        vocabulary.PLACES[scene.setting][0].text,
        vocabulary.TIMES[scene.time][0],
        vocabulary.WEATHERS[scene.weather][0],
    )
    listed = " and ".join(filter(None, (", ".join(things[:-1]), things[-1])))
    return f"{listed}, {' '.join(around)}"


def colour_in(phrase: str) -> str:
    found = re.search(rf"\b{COLOUR}\b", phrase)
    return found.group() if found else ""


def is_described(text: str, wanted: Claims) -> bool:
    """Return whether a text speaks of exactly what is wanted."""
    parts = taken_apart(text)
    said = {sense.facet: sense.value for a in parts.around for sense in a.senses}
    place = str(said.get(Facet.PLACE)).replace(" ", "")
    around = place in set(wanted.settings) and said.get(Facet.TIME) == wanted.time
    weather = said.get(Facet.WEATHER, "clear") == wanted.weather
    left = [(kind_in(s.text), _COLOUR_OF.get(colour_in(s.text))) for s in parts.subjects]
    for claim in sorted(wanted.subjects, key=lambda c: c.colour is None):
        fitting = [
            (kind, colour)
            for kind, colour in left
            if kind in set(claim.kinds) and claim.colour in (None, colour)
        ]
        if not fitting:
            return False
        left.remove(fitting[0])
    return around and weather and not left


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_instructions_for_drawn_scenes_become_the_very_scene_that_is_wanted(
    kind: ChangeKind,
) -> None:
    wrong = []
    for number in range(150):
        dice = Dice("rules", kind, number)
        scene = draw_lots(dice)
        edit = random_edit(scene, (kind,), dice)
        if edit is None:
            continue
        target = composed(plain_caption(scene), edit.instruction)
        if not is_described(target.text, edit.target(scene)):
            wrong.append((plain_caption(scene), edit.instruction, target.text))
    assert not wrong


def test_the_longest_fixed_phrase_counts() -> None:
    assert {s.value for s in senses_of("in a winter landscape")} == {"snow field"}
    assert {s.value for s in senses_of("in winter")} == {"snow"}
    assert {s.value for s in senses_of("under a starry sky")} == {"night", "clear"}
