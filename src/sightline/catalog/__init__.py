"""The truth about a gallery, in one SQLite file: pictures, their facts, vectors and faults."""

from sightline.catalog.catalog import Catalog
from sightline.catalog.quantisation import dequantise, quantise
from sightline.catalog.snapshot import Snapshot

__all__ = ["Catalog", "Snapshot", "dequantise", "quantise"]
