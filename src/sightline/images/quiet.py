"""Keeping Pillow's warnings about broken metadata away from whoever runs Sightline.

Python's warning filters belong to the whole process and are not thread-safe, so they are touched
as little as can be: only for formats whose plug-in can warn at all (never for a JPEG), and by the
first of several threads in and the last one out.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_inside = 0
_catcher: warnings.catch_warnings[None] | None = None


@contextmanager
def pillow_quiet() -> Iterator[None]:
    """Ignore warnings that Pillow's modules give, in every thread, while inside."""
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _catcher
    with _lock:
        _inside += 1
        if _inside == 1:
            _catcher = warnings.catch_warnings()
            _catcher.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL(\.|$)")


def _leave() -> None:
    global _inside, _catcher
    with _lock:
        _inside -= 1
        if _inside == 0 and _catcher is not None:
            _catcher.__exit__(None, None, None)
            _catcher = None
