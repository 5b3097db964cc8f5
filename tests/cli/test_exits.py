from sightline import errors
from sightline.cli.exits import EXIT_MEANINGS, Exit, exit_for
from sightline.errors import ServiceUnreachableError, SightlineError

BRANCHES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, SightlineError)
    if kind.__base__ is SightlineError
]


def test_a_service_that_fails_is_no_bad_input() -> None:
    assert exit_for(ServiceUnreachableError("http://127.0.0.1:9", "refused")) is Exit.SERVICE


def test_every_branch_of_the_errors_has_a_code_of_its_own() -> None:
    codes = {exit_for(kind.__new__(kind)) for kind in BRANCHES}

    assert len(codes) == len(BRANCHES) == 6
    assert codes <= set(EXIT_MEANINGS)
