import subprocess
import sys

import pytest

HEAVY = {
    "numpy",
    "PIL",
    "faiss",
    "openvino",
    "tokenizers",
    "huggingface_hub",
    "sqlite3",
}


def loaded_by(code: str) -> set[str]:
    """Return the top-level packages that a new interpreter has loaded after some code."""
    script = f"import sys\n{code}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_by("import sightline; assert sightline.__version__") & HEAVY == set()


@pytest.mark.parametrize("arguments", [["--help"], ["search", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = f"from sightline.cli import run\nassert run({arguments}) == 0"
    assert loaded_by(code) & HEAVY == set()


def test_the_public_names_are_there_when_they_are_used() -> None:
    import sightline

    for name in sightline.__all__:
        assert getattr(sightline, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Galery'"):
        _ = sightline.Galery
