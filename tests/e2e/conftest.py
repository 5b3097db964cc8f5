from tests.cli.conftest import nothing_from_outside as nothing_from_outside
