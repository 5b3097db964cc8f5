"""Optional packages: whether they are there, and what to install if not."""

from __future__ import annotations

from importlib.util import find_spec

from sightline.errors import MissingPackageError


def require(package: str, extra: str) -> None:
    """Do nothing if a package is installed; it is not imported.

    A package that is there but broken passes, so that its own traceback is seen later.

    Args:
        package: Its import name, such as "torch".
        extra: The extra of Sightline that brings it, such as "quantize".

    Raises:
        MissingPackageError: it is not installed.
    """
    try:
        found = find_spec(package) is not None
    except (ImportError, ValueError):
        # A parent package that is missing, or a module put into sys.modules by hand, without spec.
        found = False
    if not found:
        raise MissingPackageError(package, extra)
