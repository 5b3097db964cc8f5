"""Full-size models with random weights: how fast a model is does not depend on its weights.

What they find means nothing, so no figure of quality may come from them.
"""

from __future__ import annotations

import sys
from pathlib import Path

# The checkpoints are those that the tests compare with transformers.
sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.encoders.checkpoints import FULL_SIZE, make_checkpoint


def checkpoint_of(name: str, work: Path) -> Path:
    """Return a checkpoint with the shapes of a model of the table; made unless it is there."""
    folder = work / f"{name}-checkpoint"
    if not (folder / "model.safetensors").exists():
        print(f"making a checkpoint with the shapes of {name}", file=sys.stderr)
        make_checkpoint(folder, FULL_SIZE[name])
    return folder


def model_of(name: str, work: Path) -> Path:
    """Return a model folder with the shapes of one of the table; exported unless it is there."""
    from sightline.encoders.export.exporting import export

    folder = work / name
    if not folder.exists():
        checkpoint = checkpoint_of(name, work)
        print(f"exporting {name}", file=sys.stderr)
        export(checkpoint, folder, verify=False)
    return folder
