"""From a description to a picture."""

from __future__ import annotations

from PIL import Image

from sightline_scenes.backdrops import draw_backdrop, draw_weather, light_of
from sightline_scenes.canvas import Canvas
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Depth, Medium
from sightline_scenes.light import Light
from sightline_scenes.palette import shade_of
from sightline_scenes.pen import Pen
from sightline_scenes.places import nominal_box
from sightline_scenes.subjects import ARTISTS
from sightline_scenes.world import ASPECT, Scene, Subject


def draw(
    scene: Scene, seed: object, width_px: int = 640, height_px: int = 480, oversampling: int = 2
) -> Image.Image:
    """Return one drawing of a scene; another seed gives another drawing of the same description.

    Args:
        scene: What to draw.
        seed: Decides everything that the description leaves open.
        width_px: Of the picture. Another aspect than 4:3 squeezes it.
        height_px: Of the picture.
        oversampling: How many times larger it is drawn before it is reduced.
    """
    dice = Dice("drawing", seed)
    canvas = Canvas(width_px, height_px, oversampling)
    light = light_of(scene, dice)
    draw_backdrop(canvas, light, scene, dice)
    for subject in sorted(scene.subjects, key=lambda s: _draw_order(s, scene)):
        pen = _pen_for(subject, scene, canvas, light, dice)
        ARTISTS[subject.kind](pen, shade_of(subject.colour, dice), dice)
    draw_weather(canvas, light, scene, dice)
    return canvas.finish()


def _draw_order(subject: Subject, scene: Scene) -> tuple[bool, float]:
    # The sky is behind everything; on the ground, what stands lower stands nearer.
    return subject.medium is not Medium.AIR, nominal_box(subject, scene.setting).y


def _pen_for(subject: Subject, scene: Scene, canvas: Canvas, light: Light, dice: Dice) -> Pen:
    box = nominal_box(subject, scene.setting)
    height = box.height * dice.around(1.0, 0.09)
    half = height * box.breadth / 2
    x = box.x + dice.around(0.0, 0.07)
    y = box.y + dice.around(0.0, 0.05 if subject.medium is Medium.AIR else 0.018)
    # Keep the whole subject in the picture where it fits.
    x = min(max(x, half + 0.01), ASPECT - half - 0.01)
    y = max(y, height + 0.01)
    far = subject.depth is Depth.FAR
    return Pen(canvas, light, x, y, height, dice.chance(0.5), 0.45 if far else 0.1)
