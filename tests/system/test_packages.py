import sys
from types import ModuleType

import pytest

from sightline.errors import MissingPackageError
from sightline.system.packages import require


def test_a_package_that_is_there_is_not_imported() -> None:
    sys.modules.pop("wave", None)

    require("wave", "torch")

    assert "wave" not in sys.modules


@pytest.mark.parametrize("name", ["no_such_package", "no_such_package.part"])
def test_a_missing_package_is_named_with_what_brings_it(name: str) -> None:
    with pytest.raises(MissingPackageError, match=r"sightline\[torch\]") as caught:
        require(name, "torch")

    assert caught.value.package == name


def test_a_module_without_a_specification_counts_as_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made_by_hand = ModuleType("made_by_hand")
    made_by_hand.__spec__ = None
    monkeypatch.setitem(sys.modules, "made_by_hand", made_by_hand)

    with pytest.raises(MissingPackageError):
        require("made_by_hand", "torch")
