"""Models that turn pictures and words into vectors: table, files, preprocessing, running."""

from sightline.encoders.encoder import DualEncoder, PictureEncoder, load_model
from sightline.encoders.models import MODELS, ModelCard

__all__ = ["MODELS", "DualEncoder", "ModelCard", "PictureEncoder", "load_model"]
