"""The truth about a gallery, in one SQLite file: pictures, their facts, vectors and faults."""

from sightline.catalog.batch import Batch, ChangedImage, Fault, Moved, NewImage, NewVector, Touched
from sightline.catalog.catalog import Catalog, KnownFault, KnownFile
from sightline.catalog.quantisation import dequantise, quantise
from sightline.catalog.snapshot import Snapshot

__all__ = [
    "Batch",
    "Catalog",
    "ChangedImage",
    "Fault",
    "KnownFault",
    "KnownFile",
    "Moved",
    "NewImage",
    "NewVector",
    "Snapshot",
    "Touched",
    "dequantise",
    "quantise",
]
