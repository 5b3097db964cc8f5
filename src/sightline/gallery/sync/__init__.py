"""The pipeline behind ``Gallery.sync``: find -> compare -> decode -> embed -> commit.

Files are read and decoded in threads, the model runs in a thread of its own, and the caller's
thread gathers batches and commits them. A batch is gathered while the one before it is in the
model. Every batch is committed when the model is through with it, so a run that is killed at any
moment loses the two batches in flight and nothing else.

What is held in memory has a limit that no number, size or kind of pictures moves (sizes for 2
cores and a ViT-B/32, then what the most costs):

==============================================  ========  =======================================
prepared pictures that wait to be gathered      37 MiB    64 MiB, or two for each thread
two batches, being gathered and in the model    37 MiB    64 MiB each, or a picture each
pictures being decoded (``Room``)               512 MiB   256 MiB a thread, a quarter of the
                                                          memory, or one picture alone
files being decoded (``Room``)                  128 MiB   64 MiB a thread, or one file alone
==============================================  ========  =======================================
"""

from __future__ import annotations

from sightline.gallery.sync.embedding import BATCH
from sightline.gallery.sync.run import SyncSettings, sync

__all__ = ["BATCH", "SyncSettings", "sync"]
