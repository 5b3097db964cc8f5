from sightline.composed.captioners.banks import Bank, drawn_scenes
from sightline_scenes import vocabulary
from sightline_scenes.kinds import TRAITS, Colour, Kind, Setting, Time, Weather
from sightline_scenes.phrases import with_articles


def subject(kind: Kind, colour: Colour) -> str:
    noun = vocabulary.NOUNS[kind][0].text
    clothes = vocabulary.CLOTHES.get(kind)
    if clothes is not None:
        return with_articles(f"a {noun} {clothes[0].format(colour)}")
    first = "some" if kind in vocabulary.PLURAL_KINDS else "a"
    return with_articles(f"{first} {colour} {noun}")


def test_what_is_said_of_drawn_scenes_is_their_vocabulary() -> None:
    # The product does not import the drawing program: the words are written down beside it.
    assert drawn_scenes() == Bank(
        "drawn scenes",
        tuple(subject(kind, colour) for kind in Kind for colour in TRAITS[kind].colours),
        facets=(
            tuple(vocabulary.PLACES[setting][0].text for setting in Setting),
            tuple(vocabulary.TIMES[time][0] for time in Time),
            tuple(vocabulary.WEATHERS[weather][0] for weather in Weather),
        ),
        complete=True,
    )
