"""Drawn scenes with captions and ground truth: the demo collection, and what ``mini`` learns from.

``sightline.scenes.drawing.draw`` draws; it is not imported here, because it needs Pillow.
"""

from sightline.scenes.captions import DEMO_QUERIES, Caption, Detail, caption, every_word, swapped
from sightline.scenes.claims import Claims, Relation, SubjectClaim
from sightline.scenes.collection import Collection, read_collection, write_collection
from sightline.scenes.dice import Dice
from sightline.scenes.edits import Edit, EditCase
from sightline.scenes.lots import draw_lots, is_possible
from sightline.scenes.plan import PlannedPicture, plan_collection
from sightline.scenes.truth import Picture
from sightline.scenes.world import Scene, Subject

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
