"""Settings: from the environment, checked, and documented by themselves."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from sightline.errors import InvalidValueError
from sightline.server.http.refusals import UnsafeBindingError
from sightline.server.settings import Settings, is_loopback, settings_table, variable_of

GUIDE = Path(__file__).parents[2] / "docs" / "service.md"
LONG = "0123456789abcdef"


def test_the_guide_has_the_table_of_all_settings() -> None:
    assert settings_table() in GUIDE.read_text(encoding="utf-8"), (
        "write it anew with `python -m sightline.server.settings`"
    )


def test_every_setting_can_be_set_by_the_environment() -> None:
    texts = {
        "host": ("0.0.0.0", "0.0.0.0"),
        "port": ("0", 0),
        "token": (LONG, LONG),
        "insecure": ("yes", True),
        "allowed_hosts": ("a.example, b.example,", ("a.example", "b.example")),
        "cors_origins": ("https://a.example", ("https://a.example",)),
        "index_roots": ("/photos,/more", (Path("/photos"), Path("/more"))),
        "max_upload_bytes": ("1000", 1000),
        "max_json_bytes": ("1000", 1000),
        "body_timeout_s": ("0.5", 0.5),
        "search_threads": ("2", 2),
        "search_queue": ("3", 3),
        "joining_window_ms": ("0", 0.0),
        "text_cache": ("0", 0),
        "answer_cache": ("0", 0),
        "kept_queries": ("0", 0),
        "picture_threads": ("1", 1),
        "access_log": ("1", True),
    }
    environment = {variable_of(name): text for name, (text, _) in texts.items()}
    settings = Settings.from_environment(environment)

    assert set(texts) == {setting.name for setting in fields(Settings)}
    for name, (_, value) in texts.items():
        assert getattr(settings, name) == value, name


def test_what_is_given_wins_over_the_environment() -> None:
    environment = {"SIGHTLINE_PORT": "1", "SIGHTLINE_HOST": "::1", "OTHER": "x"}
    settings = Settings.from_environment(environment, port=2, host=None)

    assert (settings.port, settings.host) == (2, "::1")


@pytest.mark.parametrize(
    ("variable", "text", "allowed"),
    [
        ("SIGHTLINE_PORT", "http", "a whole number"),
        ("SIGHTLINE_PORT", "70000", "a port from 0 to 65535"),
        ("SIGHTLINE_PORT", "-1", "at least 0"),
        ("SIGHTLINE_HOST", "", "an address, such as 127.0.0.1"),
        ("SIGHTLINE_INSECURE", "perhaps", "1 or 0"),
        ("SIGHTLINE_BODY_TIMEOUT_S", "nan", "at least 0.001"),
        ("SIGHTLINE_SEARCH_THREADS", "0", "at least 1"),
        ("SIGHTLINE_TOKEN", "tökén", "of printable ASCII characters"),
        ("SIGHTLINE_TOKEN", "  ", "a secret, or not set at all"),
    ],
)
def test_a_bad_setting_is_a_sentence_that_names_its_variable(
    variable: str, text: str, allowed: str
) -> None:
    with pytest.raises(InvalidValueError) as caught:
        Settings.from_environment({variable: text})

    assert caught.value.name == variable
    assert caught.value.allowed == allowed
    assert "tökén" not in str(caught.value), "a secret is not written into a message"


def test_an_empty_token_is_none() -> None:
    assert Settings.from_environment({"SIGHTLINE_TOKEN": ""}).token is None


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.7", False),
        ("example.org", False),
        ("127.0.0.1.example.org", False),
    ],
)
def test_what_only_this_machine_reaches(host: str, local: bool) -> None:
    assert is_loopback(host) is local


@pytest.mark.parametrize("token", [None, "short"])
def test_a_network_needs_a_token_or_a_word(token: str | None) -> None:
    with pytest.raises(UnsafeBindingError) as caught:
        Settings(host="0.0.0.0", token=token).check_binding()

    assert "SIGHTLINE_TOKEN" in str(caught.value)
    assert "--insecure" in str(caught.value)
    Settings(host="0.0.0.0", token=LONG).check_binding()
    Settings(host="0.0.0.0", token=token, insecure=True).check_binding()
    Settings(host="127.0.0.1", token=token).check_binding()
