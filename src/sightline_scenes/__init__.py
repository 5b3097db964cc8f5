"""Drawn scenes with captions and ground truth: the demo collection, and what ``mini`` learns from.

``sightline_scenes.drawing.draw`` draws; it is not imported here, because it needs Pillow.
"""

from sightline_scenes.captions import DEMO_QUERIES, Caption, Detail, caption, every_word, swapped
from sightline_scenes.claims import Claims, Relation, SubjectClaim
from sightline_scenes.collection import Collection, read_collection, write_collection
from sightline_scenes.dice import Dice
from sightline_scenes.edits import Edit, EditCase
from sightline_scenes.lots import draw_lots, is_possible
from sightline_scenes.plan import PlannedPicture, plan_collection
from sightline_scenes.truth import Picture
from sightline_scenes.world import Scene, Subject

__all__ = [
    "DEMO_QUERIES",
    "Caption",
    "Claims",
    "Collection",
    "Detail",
    "Dice",
    "Edit",
    "EditCase",
    "Picture",
    "PlannedPicture",
    "Relation",
    "Scene",
    "Subject",
    "SubjectClaim",
    "caption",
    "draw_lots",
    "every_word",
    "is_possible",
    "plan_collection",
    "read_collection",
    "swapped",
    "write_collection",
]
