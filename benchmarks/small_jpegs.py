"""JPEG files of the size that ImageNet's usually have, made quickly."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image


def write_jpegs(folder: Path, count: int) -> list[Path]:
    """Return files of ImageNet's usual size, 500 x 375, about 100 KB each, all different."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = np.random.default_rng(3)
    scenes = []
    for _ in range(20):
        coarse = Image.fromarray(dice.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((500, 375)), dtype=np.int16)
        scenes.append(smooth + dice.integers(-32, 33, smooth.shape, dtype=np.int16))

    def write(number: int) -> Path:
        scene = np.roll(scenes[number % len(scenes)], number // len(scenes), axis=1)
        path = folder / f"{number:06}.jpg"
        Image.fromarray(scene.clip(0, 255).astype(np.uint8)).save(path, quality=90)
        return path

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(write, range(count)))
