"""How a sync is to be done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """How a sync is to be done.

    Attributes:
        force: Drop vanished pictures even if they are more than half of the gallery.
        retry: Try files again that could not be read before and have not changed since.
        threads: That decode; 0 means one for each core.
        max_megapixels: Refuse larger pictures before they are decoded.
        everything: Look also at files that the catalog knows from outside of the roots.
    """

    force: bool = False
    retry: bool = False
    threads: int = 0
    max_megapixels: float = 200.0
    everything: bool = False
