"""What a plug-in must offer. Structural: nothing has to be inherited.

An ability that only some implementations have is a small protocol of its own.
"""

from sightline.protocols.models import (
    BulkEncoder,
    Encoder,
    Specialist,
    TextEncoder,
    TunableEncoder,
)
from sightline.protocols.storage import (
    GalleryStore,
    RowIndex,
    VectorIndex,
    VectorSnapshot,
    VectorSource,
)
from sightline.protocols.words import (
    Captioner,
    Composer,
    VectorCaptioner,
)

__all__ = [
    "BulkEncoder",
    "Captioner",
    "Composer",
    "Encoder",
    "GalleryStore",
    "RowIndex",
    "Specialist",
    "TextEncoder",
    "TunableEncoder",
    "VectorCaptioner",
    "VectorIndex",
    "VectorSnapshot",
    "VectorSource",
]
