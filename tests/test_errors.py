import inspect
import pickle
from pathlib import Path

import pytest

from sightline import errors

ARGUMENTS: dict[str, object] = {
    "str": "some-name",
    "str | Path": "/some/where",
    "Path": Path("/some/where"),
    "int": 3,
    "object": -1,
    "float": 0.5,
    "bool": False,
    "tuple[str, ...]": ("mini", "other"),
}


def concrete() -> list[type[Exception]]:
    """Return every error and warning that is raised, rather than only caught."""
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type)
        and issubclass(kind, errors.SightlineError | errors.SightlineWarning)
    ]
    return [kind for kind in kinds if not any(issubclass(k, kind) and k is not kind for k in kinds)]


def example(kind: type[Exception]) -> Exception:
    signature = inspect.signature(kind)
    return kind(*(ARGUMENTS[str(p.annotation)] for p in signature.parameters.values()))


@pytest.mark.parametrize("kind", concrete(), ids=lambda k: k.__name__)
def test_an_error_pickles_and_keeps_its_facts(kind: type[Exception]) -> None:
    error = example(kind)
    again = pickle.loads(pickle.dumps(error))

    assert type(again) is kind
    assert str(again) == str(error)
    assert vars(again) == vars(error)


@pytest.mark.parametrize("kind", concrete(), ids=lambda k: k.__name__)
def test_an_error_is_one_sentence_that_names_its_facts(kind: type[Exception]) -> None:
    error = example(kind)
    sentence = str(error)

    assert sentence
    assert "\n" not in sentence
    assert not sentence.endswith(".")
    for fact in vars(error).values():
        if isinstance(fact, Path | str):
            assert str(fact) in sentence, f"{kind.__name__} does not say {fact}"
