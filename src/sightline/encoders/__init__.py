"""Models that turn pictures and words into vectors: table, files, preprocessing, running."""

from sightline.encoders.encoder import DualEncoder, PictureEncoder
from sightline.encoders.loading import load_model
from sightline.encoders.table import MODELS, ModelCard

__all__ = ["MODELS", "DualEncoder", "ModelCard", "PictureEncoder", "load_model"]
